package dev.millrace.broker.group;

import dev.millrace.broker.CoordinatorLog;
import dev.millrace.broker.group.assignor.PartitionAssignor;
import dev.millrace.broker.group.assignor.RangeAssignor;
import dev.millrace.broker.group.assignor.UniformAssignor;
import dev.millrace.cluster.LiveGroups;
import dev.millrace.cluster.MetadataImage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop with the shards it owns: loads a shard when its first request comes (or shortly
 * after start), drops it when another broker leads the partition, and wakes it when time is due.
 */
final class GroupVerticle extends VerticleBase {
    private static final Logger log = LoggerFactory.getLogger(GroupVerticle.class);

    /** Requests that one loading shard keeps waiting; more are told to come back. */
    static final int MAX_WAITING_FOR_LOAD = 1_000;

    private static final long LOAD_WAIT_MS = 2_000;

    /** A live state that takes longer than this to find is not waited for: the log decides. */
    private static final long LIVE_WAIT_MS = 150;

    private static final Map<String, PartitionAssignor> ASSIGNORS =
            Map.of(
                    UniformAssignor.NAME, new UniformAssignor(),
                    RangeAssignor.NAME, new RangeAssignor());

    private final int nodeId;
    private final GroupConfig config;
    private final GroupCount count;
    private final LongSupplier clockMs;
    private final CoordinatorLog coordinatorLog;
    private final LiveGroups liveGroups;
    private final Supplier<MetadataImage> image;
    private final IntSupplier assignmentIntervalMs;

    private final Map<Integer, Slot> slots = new HashMap<>();
    private long timerId = -1;
    private long timerDueMs = Group.NEVER;
    private boolean stopped;

    /** A partition this node leads: being loaded, then ready. */
    private static final class Slot {
        private final Promise<GroupShard> ready = Promise.promise();
        private @Nullable GroupShard shard;
        private int leaderEpoch = -1;
        private int waiting;

        /** Dropped before it was loaded. */
        private boolean abandoned;
    }

    GroupVerticle(
            int nodeId,
            GroupConfig config,
            GroupCount count,
            LongSupplier clockMs,
            CoordinatorLog coordinatorLog,
            LiveGroups liveGroups,
            Supplier<MetadataImage> image,
            IntSupplier assignmentIntervalMs) {
        this.nodeId = nodeId;
        this.config = config;
        this.count = count;
        this.clockMs = clockMs;
        this.coordinatorLog = coordinatorLog;
        this.liveGroups = liveGroups;
        this.image = image;
        this.assignmentIntervalMs = assignmentIntervalMs;
    }

    /** What this loop's shards see of the cluster. */
    private final class View implements ClusterView {
        @Override
        public Topics topics() {
            return new ImageTopics(image.get());
        }

        @Override
        public Map<String, String> groupConfig(String groupId) {
            return image.get().config(new ConfigResource(ConfigResource.Type.GROUP, groupId));
        }

        @Override
        public int assignmentIntervalMs() {
            return assignmentIntervalMs.getAsInt();
        }

        @Override
        public Map<String, PartitionAssignor> assignors() {
            return ASSIGNORS;
        }

        @Override
        public <T> Future<T> offload(Callable<T> work) {
            return context.executeBlocking(work, false);
        }
    }

    @Override
    public Future<?> start() {
        vertx.setPeriodic(
                Math.max(1, config.offsetsRetentionCheckIntervalMs()), id -> expireOffsets());
        return Future.succeededFuture();
    }

    @Override
    public Future<?> stop() {
        stopped = true;
        Set.copyOf(slots.keySet()).forEach(partition -> drop(partition, Errors.NOT_COORDINATOR));
        return Future.succeededFuture();
    }

    /** Runs {@code work} on this loop, with the partition's shard loaded. From any thread. */
    <T> Future<T> submit(int partition, Function<GroupShard, Future<T>> work) {
        Promise<T> promise = Promise.promise();
        context.runOnContext(
                now -> {
                    Future<T> result;
                    try {
                        GroupShard shard = readyShard(partition);
                        result =
                                shard != null
                                        ? work.apply(shard)
                                        : waitForLoad(partition).compose(work);
                    } catch (RuntimeException e) {
                        result = Future.failedFuture(e);
                    }
                    result.onComplete(promise);
                    rearm();
                });
        return promise.future();
    }

    private @Nullable GroupShard readyShard(int partition) {
        Slot slot = slots.get(partition);
        return slot == null ? null : slot.shard;
    }

    private Future<GroupShard> waitForLoad(int partition) {
        if (stopped) {
            return Future.failedFuture(movedAway(partition));
        }
        Slot slot = slotOf(partition);
        if (slot.waiting >= MAX_WAITING_FOR_LOAD) {
            return Future.failedFuture(loading(partition));
        }
        slot.waiting++;
        return slot.ready
                .future()
                .timeout(LOAD_WAIT_MS, TimeUnit.MILLISECONDS)
                .recover(
                        failure ->
                                Future.failedFuture(
                                        failure instanceof TimeoutException
                                                ? loading(partition)
                                                : failure))
                .eventually(
                        () -> {
                            slot.waiting--;
                            return Future.succeededFuture();
                        });
    }

    private static CoordinatorLoadInProgressException loading(int partition) {
        return new CoordinatorLoadInProgressException(
                "the groups of "
                        + GroupCoordinator.OFFSETS_TOPIC
                        + "-"
                        + partition
                        + " are still being loaded; retry");
    }

    /** The partition's, which begins to load if there is none yet. */
    private Slot slotOf(int partition) {
        Slot existing = slots.get(partition);
        if (existing != null) {
            return existing;
        }
        Slot slot = new Slot();
        // First: a load that fails at once takes its slot away again.
        slots.put(partition, slot);
        load(partition, slot);
        return slot;
    }

    private void load(int partition, Slot slot) {
        coordinatorLog
                .leaderEpoch(partition)
                .compose(leaderEpoch -> load(partition, leaderEpoch, slot))
                .onComplete(
                        loaded -> {
                            if (slot.abandoned) {
                                if (loaded.succeeded()) {
                                    loaded.result().close(Errors.NOT_COORDINATOR);
                                }
                                slot.ready.tryFail(movedAway(partition));
                            } else if (loaded.succeeded()) {
                                slot.shard = loaded.result();
                                slot.ready.tryComplete(loaded.result());
                                rearm();
                            } else {
                                slots.remove(partition, slot);
                                slot.ready.tryFail(loaded.cause());
                            }
                        });
    }

    private Future<GroupShard> load(int partition, int leaderEpoch, Slot slot) {
        slot.leaderEpoch = leaderEpoch;
        LivePublisher live =
                new LivePublisher(
                        liveGroups,
                        leaderEpoch,
                        command -> context.runOnContext(now -> command.run()),
                        () -> fenced(partition, slot));
        GroupShard shard =
                new GroupShard(
                        config,
                        count,
                        clockMs,
                        new View(),
                        records ->
                                coordinatorLog
                                        .append(
                                                partition,
                                                leaderEpoch,
                                                RecordCodec.toBatches(records, clockMs.getAsLong()))
                                        .mapEmpty(),
                        live,
                        cause -> broken(partition, slot, cause));
        return coordinatorLog
                .replay(partition, batches -> RecordCodec.replay(batches, replayInto(shard)))
                .compose(replayed -> adoptLive(shard))
                .map(
                        adopted -> {
                            shard.loaded();
                            return shard;
                        });
    }

    private static RecordCodec.Replay replayInto(GroupShard shard) {
        return new RecordCodec.Replay() {
            @Override
            public void record(GroupRecord record) {
                shard.replay(record);
            }

            @Override
            public void pending(long producerId, GroupRecord record) {
                shard.replayPending(producerId, record);
            }

            @Override
            public void end(long producerId, boolean commit) {
                shard.replayEnd(producerId, commit);
            }
        };
    }

    /** Asks for what the last coordinator shared; whatever does not come in time is left out. */
    private Future<Void> adoptLive(GroupShard shard) {
        List<String> groupIds = shard.groupsWithMembers();
        if (groupIds.isEmpty()) {
            return Future.succeededFuture();
        }
        Map<String, byte[]> found = new HashMap<>();
        List<Future<Optional<byte[]>>> lookups =
                groupIds.stream()
                        .map(
                                groupId ->
                                        Future.fromCompletionStage(liveGroups.get(groupId), context)
                                                .onSuccess(
                                                        state ->
                                                                state.ifPresent(
                                                                        bytes ->
                                                                                found.put(
                                                                                        groupId,
                                                                                        bytes))))
                        .toList();
        return Future.join(lookups)
                .timeout(LIVE_WAIT_MS, TimeUnit.MILLISECONDS)
                .transform(
                        waited -> {
                            long nowMs = clockMs.getAsLong();
                            Map.copyOf(found)
                                    .forEach(
                                            (groupId, bytes) ->
                                                    LiveState.read(groupId, bytes, nowMs)
                                                            .ifPresent(shard::adopt));
                            return Future.succeededFuture();
                        });
    }

    private void fenced(int partition, Slot slot) {
        if (slots.remove(partition, slot)) {
            log.info(
                    "another node coordinates the groups of {}-{} in a newer epoch than {}",
                    GroupCoordinator.OFFSETS_TOPIC,
                    partition,
                    slot.leaderEpoch);
            close(slot, Errors.NOT_COORDINATOR);
        }
    }

    private void broken(int partition, Slot slot, Throwable cause) {
        if (slots.remove(partition, slot)) {
            log.warn(
                    "groups of {}-{} are loaded again: a record could not be appended",
                    GroupCoordinator.OFFSETS_TOPIC,
                    partition,
                    cause);
        }
    }

    private void drop(int partition, Errors error) {
        Slot slot = slots.remove(partition);
        if (slot != null) {
            slot.abandoned = true;
            close(slot, error);
        }
    }

    private static void close(Slot slot, Errors error) {
        if (slot.shard != null) {
            slot.shard.close(error);
        }
        slot.ready.tryFail(error.exception());
    }

    private static NotCoordinatorException movedAway(int partition) {
        return new NotCoordinatorException(
                "another node leads "
                        + GroupCoordinator.OFFSETS_TOPIC
                        + "-"
                        + partition
                        + "; find the coordinator again");
    }

    /** Gives up some of its partitions; whoever waits looks elsewhere. From any thread. */
    void dropAll(IntPredicate which) {
        context.runOnContext(
                now ->
                        Set.copyOf(slots.keySet()).stream()
                                .filter(which::test)
                                .forEach(partition -> drop(partition, Errors.NOT_COORDINATOR)));
    }

    /**
     * Leadership as of a new image: drops what is led elsewhere or in a new epoch, and begins to
     * load what is led here. From any thread.
     *
     * @param mine the partitions of the offsets topic that belong to this loop
     */
    void leadershipChanged(List<MetadataImage.Partition> mine) {
        context.runOnContext(
                now -> {
                    for (MetadataImage.Partition partition : mine) {
                        Slot slot = slots.get(partition.index());
                        boolean led = partition.leader() == nodeId;
                        boolean newEpoch =
                                slot != null
                                        && slot.leaderEpoch >= 0
                                        && slot.leaderEpoch < partition.leaderEpoch();
                        if (slot != null && (!led || newEpoch)) {
                            drop(partition.index(), Errors.NOT_COORDINATOR);
                        }
                        if (led && !stopped) {
                            slotOf(partition.index());
                        }
                    }
                });
    }

    /**
     * From any thread.
     *
     * @param names topics that were created, deleted or have grown
     * @param created version of the metadata with new topics, -1 if there are none
     */
    void topicsChanged(Set<String> names, long created) {
        context.runOnContext(now -> forEachReady(shard -> shard.topicsChanged(names, created)));
    }

    /** From any thread. */
    void topicsDeleted(Set<String> topics) {
        context.runOnContext(
                now ->
                        forEachReady(
                                shard ->
                                        shard.topicsDeleted(topics)
                                                .onFailure(
                                                        e ->
                                                                log.warn(
                                                                        "offsets of deleted topics {}"
                                                                                + " were not deleted: {}",
                                                                        topics,
                                                                        e.toString()))));
    }

    private void expireOffsets() {
        forEachReady(
                shard ->
                        shard.expireOffsets()
                                .onFailure(
                                        e ->
                                                log.warn(
                                                        "expired offsets were not deleted; the next"
                                                                + " pass tries again: {}",
                                                        e.toString())));
    }

    private void forEachReady(Consumer<GroupShard> action) {
        for (Slot slot : List.copyOf(slots.values())) {
            if (slot.shard != null) {
                action.accept(slot.shard);
            }
        }
    }

    private void rearm() {
        long nextMs = Group.NEVER;
        for (Slot slot : slots.values()) {
            if (slot.shard != null) {
                nextMs = Math.min(nextMs, slot.shard.nextDeadlineMs());
            }
        }
        if (nextMs >= timerDueMs) {
            return;
        }
        if (timerId >= 0) {
            vertx.cancelTimer(timerId);
        }
        timerDueMs = nextMs;
        timerId = vertx.setTimer(Math.max(1, nextMs - clockMs.getAsLong()), id -> wake());
    }

    private void wake() {
        timerId = -1;
        timerDueMs = Group.NEVER;
        forEachReady(GroupShard::tick);
        rearm();
    }
}
