package dev.millrace.connect;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.jspecify.annotations.Nullable;

/** What a sink task asks of its worker; answered at the next turn of the task's loop. */
final class SinkContext implements SinkTaskContext {
    private final Consumer<byte[], byte[]> consumer;
    private final Map<String, String> settings;
    private final PluginMetrics metrics;
    private final @Nullable ErrantRecordReporter reporter;

    private final Map<TopicPartition, Long> rewinds = new HashMap<>(); // guarded by itself
    private final Set<TopicPartition> paused = ConcurrentHashMap.newKeySet();
    private volatile long timeoutMs = -1;
    private volatile boolean commitRequested;

    SinkContext(
            Consumer<byte[], byte[]> consumer,
            Map<String, String> settings,
            PluginMetrics metrics,
            @Nullable ErrantRecordReporter reporter) {
        this.consumer = consumer;
        this.settings = settings;
        this.metrics = metrics;
        this.reporter = reporter;
    }

    @Override
    public Map<String, String> configs() {
        return settings;
    }

    @Override
    public void offset(Map<TopicPartition, Long> offsets) {
        synchronized (rewinds) {
            rewinds.putAll(offsets);
        }
    }

    @Override
    public void offset(TopicPartition partition, long offset) {
        offset(Map.of(partition, offset));
    }

    Map<TopicPartition, Long> takeRewinds() {
        synchronized (rewinds) {
            Map<TopicPartition, Long> taken = Map.copyOf(rewinds);
            rewinds.clear();
            return taken;
        }
    }

    @Override
    public void timeout(long newTimeoutMs) {
        timeoutMs = newTimeoutMs;
    }

    /** When the task wants a failed batch again. */
    Optional<Long> takeTimeout() {
        long taken = timeoutMs;
        timeoutMs = -1;
        return taken < 0 ? Optional.empty() : Optional.of(taken);
    }

    @Override
    public Set<TopicPartition> assignment() {
        return new HashSet<>(consumer.assignment());
    }

    @Override
    public void pause(TopicPartition... partitions) {
        List<TopicPartition> listed = Arrays.asList(partitions);
        paused.addAll(listed);
        consumer.pause(listed);
    }

    @Override
    public void resume(TopicPartition... partitions) {
        List<TopicPartition> listed = Arrays.asList(partitions);
        paused.removeAll(listed);
        consumer.resume(listed);
    }

    Set<TopicPartition> pausedPartitions() {
        paused.retainAll(consumer.assignment());
        return paused;
    }

    @Override
    public void requestCommit() {
        commitRequested = true;
    }

    boolean takeCommitRequest() {
        boolean taken = commitRequested;
        commitRequested = false;
        return taken;
    }

    @Override
    public @Nullable ErrantRecordReporter errantRecordReporter() {
        return reporter;
    }

    @Override
    public PluginMetrics pluginMetrics() {
        return metrics;
    }
}
