package dev.millrace.broker.group;

import com.yammer.metrics.core.MetricsRegistry;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorExecutor;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorTimer;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorShard;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.timeline.SnapshotRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Apache's own group coordinator, one shard, with our topics and clock. Its log never fails and is
 * never slow; its records are kept.
 */
final class ApacheShard {
    private static final GroupCoordinatorRecordSerde SERDE = new GroupCoordinatorRecordSerde();
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    final GroupCoordinatorShard shard;
    private final LongSupplier clockMs;
    private final TreeMap<String, Timeout> timeouts = new TreeMap<>();
    private final List<Runnable> tasks = new ArrayList<>();
    private final Map<String, Boolean> scheduled = new HashMap<>();

    /** As they are in the log: key and value. */
    final List<GroupRecord> records = new ArrayList<>();

    private long offset;
    private CoordinatorMetadataImage image;

    private record Timeout(
            long dueMs, CoordinatorTimer.TimeoutOperation<CoordinatorRecord> operation) {}

    ApacheShard(Map<String, String> properties, LongSupplier clockMs, Topics topics) {
        this.clockMs = clockMs;
        ConfigDef definitions = new ConfigDef(GroupCoordinatorConfig.CONFIG_DEF);
        ShareGroupConfig.CONFIG_DEF.configKeys().values().forEach(definitions::define);
        AbstractConfig all = new AbstractConfig(definitions, properties, false);
        GroupCoordinatorConfig config = new GroupCoordinatorConfig(all);
        ShareGroupConfig share = new ShareGroupConfig(all);
        GroupCoordinatorShard.Builder builder =
                new GroupCoordinatorShard.Builder(
                        config, new GroupConfigManager(Map.of(), config, share));
        builder.withAuthorizerPlugin(Optional.empty());
        shard =
                builder.withLogContext(new LogContext())
                        .withTime(new ClockTime())
                        .withTimer(new Timer())
                        .withExecutor(new Executor())
                        .withCoordinatorMetrics(
                                new GroupCoordinatorMetrics(new MetricsRegistry(), new Metrics()))
                        .withTopicPartition(new TopicPartition("__consumer_offsets", 0))
                        .withSnapshotRegistry(new SnapshotRegistry(new LogContext()))
                        .build();
        image = image(topics);
    }

    /** Loading is over. */
    void loaded() {
        shard.onLoaded(image);
        poll();
    }

    static AuthorizableRequestContext context(int version, String clientId) {
        return new AuthorizableRequestContext() {
            @Override
            public String listenerName() {
                return "PLAINTEXT";
            }

            @Override
            public SecurityProtocol securityProtocol() {
                return SecurityProtocol.PLAINTEXT;
            }

            @Override
            public KafkaPrincipal principal() {
                return KafkaPrincipal.ANONYMOUS;
            }

            @Override
            public InetAddress clientAddress() {
                return LOOPBACK;
            }

            @Override
            public int requestType() {
                return 0;
            }

            @Override
            public int requestVersion() {
                return version;
            }

            @Override
            public String clientId() {
                return clientId;
            }

            @Override
            public int correlationId() {
                return 0;
            }
        };
    }

    // ---- writing

    <T> T write(
            Function<GroupCoordinatorShard, CoordinatorResult<T, CoordinatorRecord>> operation) {
        CoordinatorResult<T, CoordinatorRecord> result = operation.apply(shard);
        apply(result);
        poll();
        return result.response();
    }

    private void apply(CoordinatorResult<?, CoordinatorRecord> result) {
        for (CoordinatorRecord record : result.records()) {
            if (result.replayRecords()) {
                shard.replay(offset, -1, (short) -1, record);
            }
            offset++;
            byte[] value = record.value() == null ? null : SERDE.serializeValue(record);
            OffsetsTopic.read(
                            ByteBuffer.wrap(SERDE.serializeKey(record)),
                            value == null ? null : ByteBuffer.wrap(value))
                    .ifPresent(records::add);
        }
        CompletableFuture<Void> append = result.appendFuture();
        if (append != null) {
            append.complete(null);
        }
    }

    /** A record of ours, as it would read it from the log. */
    void load(GroupRecord record) {
        byte[] value = OffsetsTopic.value(record);
        CoordinatorRecord theirs =
                SERDE.deserialize(
                        ByteBuffer.wrap(OffsetsTopic.key(record)),
                        value == null ? null : ByteBuffer.wrap(value));
        shard.replay(offset++, -1, (short) -1, theirs);
        records.add(record);
    }

    // ---- topics

    void topicsChanged(Topics before, Topics after) {
        CoordinatorMetadataImage old = image;
        image = image(after);
        List<Uuid> created = new ArrayList<>();
        List<Uuid> changed = new ArrayList<>();
        for (String name : after.names()) {
            Topics.Topic topic = after.named(name);
            Topics.Topic known = topic == null ? null : before.withId(topic.id());
            if (topic != null && !topic.equals(known)) {
                changed.add(topic.id());
                if (known == null) {
                    created.add(topic.id());
                }
            }
        }
        List<GroupCoordinatorShard.DeletedTopic> deleted = new ArrayList<>();
        for (String name : before.names()) {
            Topics.Topic topic = before.named(name);
            if (topic != null && after.withId(topic.id()) == null) {
                deleted.add(new GroupCoordinatorShard.DeletedTopic(topic.id(), name));
            }
        }
        shard.onMetadataUpdate(new Delta(created, changed, deleted, old), image);
        if (!deleted.isEmpty()) {
            write(s -> s.onTopicsDeleted(deleted));
        }
    }

    private record Delta(
            List<Uuid> created,
            List<Uuid> changed,
            List<GroupCoordinatorShard.DeletedTopic> deleted,
            CoordinatorMetadataImage image)
            implements CoordinatorMetadataDelta {
        @Override
        public Collection<Uuid> createdTopicIds() {
            return created;
        }

        @Override
        public Collection<Uuid> changedTopicIds() {
            return changed;
        }

        @Override
        public Set<Uuid> deletedTopicIds() {
            Set<Uuid> ids = new HashSet<>();
            deleted.forEach(topic -> ids.add(topic.id()));
            return ids;
        }
    }

    private static CoordinatorMetadataImage image(Topics topics) {
        Map<Uuid, CoordinatorMetadataImage.TopicMetadata> byId = new HashMap<>();
        Map<String, CoordinatorMetadataImage.TopicMetadata> byName = new HashMap<>();
        for (String name : topics.names()) {
            Topics.Topic topic = topics.named(name);
            if (topic != null) {
                CoordinatorMetadataImage.TopicMetadata seen = new SeenTopic(topic);
                byId.put(topic.id(), seen);
                byName.put(name, seen);
            }
        }
        return new CoordinatorMetadataImage() {
            @Override
            public Set<Uuid> topicIds() {
                return byId.keySet();
            }

            @Override
            public Set<String> topicNames() {
                return byName.keySet();
            }

            @Override
            public Optional<TopicMetadata> topicMetadata(String topicName) {
                return Optional.ofNullable(byName.get(topicName));
            }

            @Override
            public Optional<TopicMetadata> topicMetadata(Uuid topicId) {
                return Optional.ofNullable(byId.get(topicId));
            }

            @Override
            public CoordinatorMetadataDelta emptyDelta() {
                return CoordinatorMetadataDelta.EMPTY;
            }

            @Override
            public long version() {
                return topics.version();
            }

            @Override
            public boolean isEmpty() {
                return byId.isEmpty();
            }
        };
    }

    private record SeenTopic(Topics.Topic topic) implements CoordinatorMetadataImage.TopicMetadata {
        @Override
        public String name() {
            return topic.name();
        }

        @Override
        public Uuid id() {
            return topic.id();
        }

        @Override
        public int partitionCount() {
            return topic.partitions();
        }

        @Override
        public List<String> partitionRacks(int partitionId) {
            return new ArrayList<>(topic.racks().get(partitionId));
        }
    }

    // ---- time

    long nextDeadlineMs() {
        long next = Long.MAX_VALUE;
        for (Timeout timeout : timeouts.values()) {
            next = Math.min(next, timeout.dueMs());
        }
        return next;
    }

    /** Runs everything that is due. */
    void poll() {
        for (boolean busy = true; busy; ) {
            busy = false;
            for (Runnable task : List.copyOf(tasks)) {
                tasks.remove(task);
                task.run();
                busy = true;
            }
            for (String key : List.copyOf(timeouts.keySet())) {
                Timeout timeout = timeouts.get(key);
                if (timeout != null && timeout.dueMs() <= clockMs.getAsLong()) {
                    timeouts.remove(key);
                    apply(timeout.operation().generateRecords());
                    busy = true;
                }
            }
        }
    }

    private final class Timer implements CoordinatorTimer<CoordinatorRecord> {
        @Override
        public void schedule(
                String key,
                long delay,
                TimeUnit unit,
                boolean retry,
                TimeoutOperation<CoordinatorRecord> operation) {
            timeouts.put(key, new Timeout(clockMs.getAsLong() + unit.toMillis(delay), operation));
        }

        @Override
        public void schedule(
                String key,
                long delay,
                TimeUnit unit,
                boolean retry,
                long retryBackoff,
                TimeoutOperation<CoordinatorRecord> operation) {
            // Only the periodic jobs of the shard: the test calls them.
        }

        @Override
        public void scheduleIfAbsent(
                String key,
                long delay,
                TimeUnit unit,
                boolean retry,
                TimeoutOperation<CoordinatorRecord> operation) {
            if (!timeouts.containsKey(key)) {
                schedule(key, delay, unit, retry, operation);
            }
        }

        @Override
        public void cancel(String key) {
            timeouts.remove(key);
        }

        @Override
        public boolean isScheduled(String key) {
            return timeouts.containsKey(key);
        }
    }

    private final class Executor implements CoordinatorExecutor<CoordinatorRecord> {
        @Override
        public <R> boolean schedule(
                String key, TaskRunnable<R> task, TaskOperation<CoordinatorRecord, R> operation) {
            if (scheduled.putIfAbsent(key, true) != null) {
                return false;
            }
            tasks.add(
                    () -> {
                        scheduled.remove(key);
                        R result = null;
                        Throwable failure = null;
                        try {
                            result = task.run();
                        } catch (Throwable e) {
                            failure = e;
                        }
                        apply(operation.onComplete(result, failure));
                    });
            return true;
        }

        @Override
        public boolean isScheduled(String key) {
            return scheduled.containsKey(key);
        }

        @Override
        public void cancel(String key) {
            scheduled.remove(key);
        }
    }

    private final class ClockTime implements Time {
        @Override
        public long milliseconds() {
            return clockMs.getAsLong();
        }

        @Override
        public long nanoseconds() {
            return TimeUnit.MILLISECONDS.toNanos(clockMs.getAsLong());
        }

        @Override
        public void sleep(long ms) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void waitObject(Object obj, Supplier<Boolean> condition, long deadlineMs) {
            throw new UnsupportedOperationException();
        }
    }

    static <T> @Nullable T now(CompletableFuture<T> future) {
        return future.isDone() ? future.join() : null;
    }
}
