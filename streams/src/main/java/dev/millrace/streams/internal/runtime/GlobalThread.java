package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.KafkaClientSupplier;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.store.TaskStore;
import dev.millrace.streams.internal.task.RecordCollector;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.query.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * Fills the global stores of an instance from all partitions of their topics: first up to the end
 * that it finds, then for as long as the instance runs. Starts from nothing every time.
 *
 * <p>The map of stores is the lock of all of them: this thread holds it while it processes, others
 * while they read.
 */
public final class GlobalThread extends Thread {
    /** Told about the thread's life, on the thread. */
    public interface Listener {
        /** All that was there when the thread began is in the stores. */
        void filled();

        void failed(Throwable cause);
    }

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

    private final StreamsConfig config;
    private final SubtopologySpec globals;
    private final Listener listener;
    private final Consumer<byte[], byte[]> consumer;
    private final Task task;
    private final Path directory;
    private final Errands errands = new Errands();
    private volatile boolean stop;

    public GlobalThread(
            String name,
            StreamsConfig config,
            SubtopologySpec globals,
            Path directory,
            KafkaClientSupplier supplier,
            Time time,
            StreamsMetrics metrics,
            Listener listener) {
        super(name);
        this.config = config;
        this.globals = globals;
        this.directory = directory;
        this.listener = listener;
        Map<String, Object> settings = config.globalConsumerConfigs();
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, name + "-global-consumer");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        if (config.exactlyOnce()) {
            settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        }
        this.consumer = supplier.getGlobalConsumer(settings);
        this.task =
                new Task(
                        new TaskId(-1, 0),
                        globals,
                        List.of(),
                        new Task.Environment(
                                config,
                                new NoOutput(),
                                topic -> topic,
                                store -> store.changelogTopic(config.applicationId()),
                                topic -> 0,
                                null,
                                directory,
                                time::milliseconds,
                                metrics.ofProgram(name)));
    }

    /** By name; the map is the lock. */
    public Map<String, TaskStore> stores() {
        return task.stores();
    }

    /**
     * Reads a store together with what it has seen of its topic, on the caller's thread.
     *
     * @throws InvalidStateStoreException before the store is open, and when it is closed
     */
    <R> R query(String store, BiFunction<StateStore, Position, R> reading) {
        synchronized (stores()) {
            TaskStore found = stores().get(store);
            StateStore view = found == null ? null : found.view(() -> 0);
            if (view == null || !view.isOpen()) {
                throw new InvalidStateStoreException(
                        "the state store, " + store + ", is not open.");
            }
            return reading.apply(view, task.position());
        }
    }

    /** From any thread; returns at once. */
    public void shutdown() {
        stop = true;
        consumer.wakeup();
    }

    @Override
    public void run() {
        try {
            deleteState();
            synchronized (stores()) {
                task.openStores();
                task.start();
            }
            fill();
        } catch (WakeupException e) {
            if (!stop) {
                listener.failed(e);
            }
        } catch (Throwable e) { // an Error must not end the application unnoticed
            listener.failed(e);
        } finally {
            synchronized (stores()) {
                task.close();
            }
            errands.cancel();
            consumer.close();
        }
    }

    private void fill() {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : globals.sourceTopics()) {
            List<PartitionInfo> found = consumer.partitionsFor(topic, REQUEST_TIMEOUT);
            if (found == null || found.isEmpty()) {
                throw new StreamsException(
                        "Topic " + topic + " of a global table does not exist. Create it first.");
            }
            found.forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
        }
        partitions.forEach(task::addPartition);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, REQUEST_TIMEOUT);
        while (!stop && !reached(ends)) {
            process();
        }
        if (!stop) {
            listener.filled();
        }
        while (!stop) {
            process();
        }
    }

    private boolean reached(Map<TopicPartition, Long> ends) {
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            if (consumer.position(end.getKey()) < end.getValue()) {
                return false;
            }
        }
        return true;
    }

    /** Of the consumer, which is asked on the thread. From any thread. */
    public ClientIds.OfThread clientIds(Duration timeout) {
        return new ClientIds.OfThread(
                Map.of(
                        getName() + "-global-consumer",
                        errands.ask(
                                () ->
                                        ClientIds.idOf(
                                                () -> consumer.clientInstanceId(Duration.ZERO)),
                                timeout)),
                Map.of());
    }

    private void process() {
        errands.run();
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        if (records.isEmpty()) {
            return;
        }
        synchronized (stores()) {
            for (TopicPartition partition : records.partitions()) {
                task.addRecords(partition, records.records(partition));
            }
            while (task.hasRecords()) {
                task.processOne();
            }
            task.flushCaches();
        }
    }

    private void deleteState() {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new StreamsException("Cannot delete old global state in " + directory, e);
        }
    }

    /** Processors of global stores have no children. */
    private static final class NoOutput implements RecordCollector {
        @Override
        public void send(
                String topic,
                @Nullable Integer partition,
                byte @Nullable [] key,
                byte @Nullable [] value,
                long timestamp,
                @Nullable Headers headers) {
            throw new IllegalStateException("A global store writes nothing, not to " + topic);
        }

        @Override
        public int partitionsFor(String topic) {
            throw new IllegalStateException("A global store writes nothing, not to " + topic);
        }
    }
}
