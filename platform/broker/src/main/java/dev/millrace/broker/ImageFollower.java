package dev.millrace.broker;

import dev.millrace.broker.replica.Leadership;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.PartitionLog;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this broker's partitions what the metadata image says: opens logs of partitions that have a
 * replica here, deletes those of deleted topics and of replicas that went elsewhere, says who leads
 * and who follows whom, hands over settings.
 *
 * <p>Works on a thread of its own, one image at a time; images that arrive meanwhile are skipped up
 * to the newest. A topic is known by its id, so that one deleted and created again under its name
 * does not find the old one's records.
 */
final class ImageFollower implements OfflineReplicas {
    private static final Logger LOG = LoggerFactory.getLogger(ImageFollower.class);
    private static final long FIRST_RETRY_MS = 500;
    private static final long MAX_RETRY_MS = 30_000;
    private static final int NOBODY = -1;

    private final int nodeId;
    private final LogDirectories directories;
    private final Partitions partitions;
    private final Workers workers;
    private final Workers thread = new Workers("millrace-metadata", 1);
    private final List<ContextInternal> owners;
    private final BiFunction<MetadataImage, String, TopicSettings> settingsOf;
    private final Replication replication;

    /**
     * Whether the cluster has heard of this incarnation. Before that, what the image says of its
     * replicas is meant for the last one, which may have had more records: it leads nothing that
     * others have too.
     */
    private volatile boolean registered;

    /** Others may lead what the image says is led here, and it cannot hear of it. */
    private volatile boolean aside;

    private volatile LongConsumer caughtUp = version -> {};

    /** Which has to wait until the image is known to be no older than the logs. */
    private boolean straysDeleted;

    /** What waits for an image to have been applied; guarded by this. */
    private final PriorityQueue<Awaited> awaited = new PriorityQueue<>();

    private @Nullable MetadataImage newest;
    private boolean working;

    /** The last image applied is to be applied again. */
    private boolean repeat;

    private boolean forgetApplied;
    private long appliedVersion = -1;
    private boolean stopped;

    /** The last image applied; written by the worker. */
    private volatile @Nullable MetadataImage applied;

    /** Topics of which a log could not be opened; tried again until it can, or is not wanted. */
    private final Set<String> unopened = ConcurrentHashMap.newKeySet();

    /** Partitions whose log is in a directory that is offline, as far as anybody can know. */
    private final Set<TopicPartition> offline = ConcurrentHashMap.newKeySet();

    /** Appeared while this process ran, and have no log yet: no directory can have one. */
    private final Set<TopicPartition> fresh = ConcurrentHashMap.newKeySet();

    private final ReplicaMoves moves;
    private long retryMs = FIRST_RETRY_MS;

    private record Awaited(long version, Promise<Void> promise) implements Comparable<Awaited> {
        @Override
        public int compareTo(Awaited other) {
            return Long.compare(version, other.version);
        }
    }

    ImageFollower(
            int nodeId,
            LogDirectories directories,
            Partitions partitions,
            Workers workers,
            List<ContextInternal> owners,
            BiFunction<MetadataImage, String, TopicSettings> settingsOf,
            ReplicaMoves moves,
            Replication replication) {
        this.replication = replication;
        this.moves = moves;
        this.nodeId = nodeId;
        this.directories = directories;
        this.partitions = partitions;
        this.workers = workers;
        this.owners = owners;
        this.settingsOf = settingsOf;
    }

    /** Takes note of an image; any thread. */
    synchronized void follow(MetadataImage image) {
        newest = image;
        begin();
    }

    /** Guarded by this. */
    private void begin() {
        if (!working && !stopped) {
            working = true;
            thread.submit(this::work).onFailure(e -> LOG.error("Following metadata failed", e));
        }
    }

    /**
     * The cluster's image shows this incarnation of the broker; any thread.
     *
     * @param appliedListener told of each version that the partitions are at, from now on
     */
    void registered(LongConsumer appliedListener) {
        caughtUp = appliedListener;
        registered = true;
        forgetApplied();
    }

    /** Leads nothing that others have too while {@code standAside} holds; any thread. */
    void standAside(boolean standAside) {
        aside = standAside;
        forgetApplied();
    }

    /** What is led here depends on more than the image, and that has changed. */
    private synchronized void forgetApplied() {
        forgetApplied = true;
        // Who asks for the roles waits for the new ones.
        appliedVersion = -1;
        followAgain();
    }

    /**
     * Completes when the partitions are what {@code image} or a later one says; at once if they
     * are. On the caller's context.
     */
    synchronized Future<Void> applied(MetadataImage image) {
        if (image.version() <= appliedVersion) {
            return Future.succeededFuture();
        }
        if (stopped) {
            return Future.failedFuture(stopping());
        }
        ContextInternal context = ContextInternal.current();
        Promise<Void> promise = context == null ? Promise.promise() : context.promise();
        awaited.add(new Awaited(image.version(), promise));
        return promise.future();
    }

    /** What still waits for an image fails. */
    void stop() {
        List<Awaited> left;
        synchronized (this) {
            stopped = true;
            left = List.copyOf(awaited);
            awaited.clear();
        }
        left.forEach(waiting -> waiting.promise.fail(stopping()));
        thread.shutdown();
    }

    private static ApiException stopping() {
        return new BrokerNotAvailableException("this broker shuts down");
    }

    /** The event loop that owns a partition; the same on every call. */
    ContextInternal ownerOf(TopicPartition tp) {
        return owners.get(Math.floorMod(tp.hashCode(), owners.size()));
    }

    private boolean work() {
        for (MetadataImage image = take(); image != null; image = take()) {
            try {
                apply(image);
            } catch (RuntimeException e) {
                // The next image must not find this thread dead.
                LOG.error("Metadata of version {} was not followed whole", image.version(), e);
            }
            List<Awaited> done = new ArrayList<>();
            synchronized (this) {
                // If it is forgotten already, the next turn has the roles that are waited for.
                appliedVersion = forgetApplied ? -1 : image.version();
                while (!awaited.isEmpty() && awaited.peek().version <= appliedVersion) {
                    done.add(awaited.remove());
                }
            }
            caughtUp.accept(image.version());
            done.forEach(waiting -> waiting.promise.complete());
        }
        return true;
    }

    private synchronized @Nullable MetadataImage take() {
        // Only here, where no other is being applied: an older image must never follow a newer one.
        MetadataImage image = newest == null && repeat ? applied : newest;
        newest = null;
        repeat = false;
        working = image != null && !stopped;
        return working ? image : null;
    }

    private void apply(MetadataImage image) {
        MetadataImage before = applied;
        applied = image;
        boolean all = takeForgetApplied();
        List<Future<?>> steps = new ArrayList<>();
        for (Partition partition : partitions.all()) {
            if (!isHere(image, partition.topicPartition(), partition.topicId())) {
                steps.add(remove(partition, image.topic(partition.topicId()).isEmpty()));
            }
        }
        await(steps);
        if (!straysDeleted && (registered || !replication.clustered())) {
            straysDeleted = true;
            deleteStrayLogs(image);
        }

        List<Future<?>> openings = new ArrayList<>();
        Set<String> again = Set.copyOf(unopened);
        unopened.clear();
        boolean sameSettings = !all && before != null && settingsUnchanged(before, image);
        // Who may be in sync has changed.
        boolean sameBrokers = before != null && before.brokers().equals(image.brokers());
        Map<Integer, Long> eligible = eligible(image);
        for (MetadataImage.Topic topic : image.topics().values()) {
            if (before == null
                    || !sameSettings
                    || again.contains(topic.name())
                    || (!sameBrokers && isReplicated(topic))
                    || !topic.equals(before.topics().get(topic.name()))) {
                noteFresh(before, topic);
                update(image, topic, eligible, openings);
            }
        }
        await(openings);
        if (unopened.isEmpty()) {
            retryMs = FIRST_RETRY_MS;
        } else {
            owners.get(0)
                    .nettyEventLoop()
                    .schedule(this::followAgain, retryMs, TimeUnit.MILLISECONDS);
            retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
        }
    }

    private synchronized void followAgain() {
        repeat = true;
        begin();
    }

    private static boolean settingsUnchanged(MetadataImage before, MetadataImage now) {
        // Compared whole: a topic's settings may come from the broker's dynamic ones.
        return before.configs().equals(now.configs());
    }

    private void noteFresh(@Nullable MetadataImage before, MetadataImage.Topic topic) {
        if (before == null) {
            return;
        }
        int known = before.topic(topic.id()).map(old -> old.partitions().size()).orElse(0);
        for (int index = known; index < topic.partitions().size(); index++) {
            fresh.add(new TopicPartition(topic.name(), index));
        }
    }

    private synchronized boolean takeForgetApplied() {
        boolean all = forgetApplied;
        forgetApplied = false;
        return all;
    }

    private static boolean isReplicated(MetadataImage.Topic topic) {
        return topic.partitions().stream().anyMatch(p -> p.replicas().size() > 1);
    }

    /** Those that may be in an ISR, with their epochs. */
    private static Map<Integer, Long> eligible(MetadataImage image) {
        Map<Integer, Long> epochs = new HashMap<>();
        for (MetadataImage.BrokerRegistration broker : image.brokers().values()) {
            if (broker.isActive()) {
                epochs.put(broker.nodeId(), broker.brokerEpoch());
            }
        }
        return epochs;
    }

    private void update(
            MetadataImage image,
            MetadataImage.Topic topic,
            Map<Integer, Long> eligible,
            List<Future<?>> openings) {
        TopicSettings settings;
        try {
            settings = settingsOf.apply(image, topic.name());
        } catch (RuntimeException e) {
            LOG.error("Topic {} has settings that cannot be used", topic.name(), e);
            return;
        }
        for (MetadataImage.Partition state : topic.partitions()) {
            if (!state.replicas().contains(nodeId)) {
                continue;
            }
            TopicPartition tp = new TopicPartition(topic.name(), state.index());
            Consumer<Partition> role = role(state, settings, eligible);
            Partition open = partitions.find(tp);
            if (open == null) {
                openings.add(workers.submit(() -> open(tp, topic.id(), state, role, settings)));
            } else {
                openings.add(
                        onOwner(
                                open,
                                () -> {
                                    throttle(open, settings);
                                    open.updateConfig(settings.log());
                                    role.accept(open);
                                }));
            }
        }
    }

    private static void throttle(Partition partition, TopicSettings settings) {
        int index = partition.topicPartition().partition();
        partition.throttle(
                settings.throttledAsLeader().contains(index),
                settings.throttledAsFollower().contains(index));
    }

    private Consumer<Partition> role(
            MetadataImage.Partition state, TopicSettings settings, Map<Integer, Long> eligible) {
        if (state.leader() != nodeId) {
            return partition -> partition.follow(state.leader(), state.leaderEpoch());
        }
        Leadership leadership =
                new Leadership(
                        state.leaderEpoch(),
                        state.partitionEpoch(),
                        state.replicas(),
                        state.isr(),
                        settings.minInsyncReplicas(),
                        eligible);
        boolean mayLead = registered && !aside;
        return mayLead || !replication.clustered() || leadership.isAlone()
                ? partition -> partition.lead(leadership)
                : partition -> partition.follow(NOBODY, state.leaderEpoch());
    }

    private boolean open(
            TopicPartition tp,
            Uuid topicId,
            MetadataImage.Partition state,
            Consumer<Partition> role,
            TopicSettings settings) {
        try {
            PartitionLog log = directories.find(tp);
            if (log != null && !log.topicId().equals(topicId)) {
                LOG.warn("Deleting {}: it is of an earlier topic, {}", tp, log.topicId());
                directories.delete(tp);
                log = null;
            }
            if (log == null
                    ? directories.anyOffline() && !fresh.contains(tp)
                    : !directories.isOnline(tp)) {
                // It is in a directory that is offline, or may be, with records.
                offline.add(tp);
                return true;
            }
            if (log == null) {
                log = directories.create(tp, topicId, settings.log());
            } else {
                log.updateConfig(settings.log());
            }
            if (settings.log().ackOnDisk()) {
                // What the crash of a process left in the page cache is not committed before.
                log.flush();
            }
            Partition partition =
                    new Partition(log, ownerOf(tp), workers, directories.syncsOf(tp), replication);
            throttle(partition, settings);
            if (state.replicas().size() == 1) {
                // Not published yet, so this thread is still its owner.
                role.accept(partition);
            } else {
                onOwner(partition, () -> role.accept(partition))
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join();
            }
            fresh.remove(tp);
            partitions.add(partition);
            moves.resume(partition);
        } catch (IOException | RuntimeException e) {
            unopened.add(tp.topic());
            LOG.error("Cannot open {}: requests for it are refused; tries again", tp, e);
        }
        return true;
    }

    private Future<?> remove(Partition partition, boolean topicDeleted) {
        TopicPartition tp = partition.topicPartition();
        partitions.remove(partition);
        offline.remove(tp);
        ApiException reason =
                topicDeleted
                        ? new UnknownTopicOrPartitionException(tp + " was deleted")
                        : new NotLeaderOrFollowerException(tp + " has no replica here any more");
        return onOwner(partition, () -> partition.retire(reason))
                .compose(
                        done ->
                                workers.submit(
                                        () -> {
                                            moves.cancel(tp);
                                            directories.delete(tp);
                                            return true;
                                        }));
    }

    /** Logs whose topic was deleted, or that went elsewhere, while this broker was down. */
    private void deleteStrayLogs(MetadataImage image) {
        for (PartitionLog log : directories.logs()) {
            if (!isHere(image, log.topicPartition(), log.topicId())) {
                LOG.info(
                        "Deleting {}: {}",
                        log.topicPartition(),
                        image.topic(log.topicId()).isEmpty()
                                ? "its topic " + log.topicId() + " was deleted"
                                : "it has no replica here any more");
                try {
                    directories.delete(log.topicPartition());
                } catch (IOException e) {
                    LOG.error("Cannot delete {}", log.topicPartition(), e);
                }
            }
        }
    }

    @Override
    public boolean isOffline(String topic, int partition) {
        TopicPartition tp = new TopicPartition(topic, partition);
        Partition open = partitions.find(tp);
        return open == null ? offline.contains(tp) : open.isBroken();
    }

    private boolean isHere(MetadataImage image, TopicPartition tp, Uuid topicId) {
        MetadataImage.Topic topic = image.topic(topicId).orElse(null);
        return topic != null
                && tp.partition() < topic.partitions().size()
                && topic.partitions().get(tp.partition()).replicas().contains(nodeId);
    }

    private static Future<?> onOwner(Partition partition, Runnable step) {
        Promise<Void> done = Promise.promise();
        partition
                .owner()
                .nettyEventLoop()
                .execute(
                        () -> {
                            try {
                                step.run();
                                done.complete();
                            } catch (RuntimeException e) {
                                done.fail(e);
                            }
                        });
        return done.future();
    }

    /** Blocks this worker until the steps are done; failures are logged where they concern one. */
    private static void await(List<Future<?>> steps) {
        for (Future<?> step : steps) {
            try {
                step.toCompletionStage().toCompletableFuture().join();
            } catch (CompletionException e) {
                LOG.error("A partition could not follow its metadata", e.getCause());
            }
        }
    }
}
