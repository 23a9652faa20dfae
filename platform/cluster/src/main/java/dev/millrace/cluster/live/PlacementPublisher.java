package dev.millrace.cluster.live;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the replica placement of every topic into the members' map, from images that the journal
 * has already applied, so the map is never ahead of it. Only the journal's leader writes; entries
 * carry the image's version as fencing token, so a deposed leader's late write is refused. On
 * becoming leader everything is written, and what is no longer a topic is removed.
 *
 * <p>One thread, newest image only: when images come faster than the map takes them, the ones
 * between are skipped.
 */
final class PlacementPublisher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PlacementPublisher.class);
    private static final long CLOSE_TIMEOUT_MS = 1_000;
    private static final long RETRY_MS = 1_000;
    private static final int MAX_IN_FLIGHT = 256;

    private final int nodeId;
    private final IMap<String, byte[]> map;
    private final BlockingQueue<Optional<MetadataImage>> newest = new ArrayBlockingQueue<>(1);
    private final Thread thread;
    private volatile boolean closed;
    private long lastVersion; // guarded by this
    private @Nullable MetadataImage published; // thread only; null = all has to be written
    private boolean failing; // thread only

    PlacementPublisher(int nodeId, IMap<String, byte[]> map) {
        this.nodeId = nodeId;
        this.map = map;
        this.thread = new Thread(this::run, "millrace-" + nodeId + "-placement");
        this.thread.setDaemon(true);
        this.thread.start();
    }

    /** An image older than one given before is ignored. */
    synchronized void publish(MetadataImage image) {
        if (!closed && image.version() >= lastVersion) {
            lastVersion = image.version();
            newest.clear();
            newest.add(Optional.of(image));
        }
    }

    private void run() {
        try {
            Optional<MetadataImage> next = newest.take();
            while (next.isPresent()) {
                boolean done = followed(next.get());
                Optional<MetadataImage> later =
                        done ? newest.take() : newest.poll(RETRY_MS, TimeUnit.MILLISECONDS);
                next = later == null ? next : later;
            }
        } catch (InterruptedException e) {
            LOG.debug("The placement map is written no more: this member stops");
        }
    }

    /** False if the map did not take it: then all of it is written again. */
    private boolean followed(MetadataImage image) {
        if (image.controllerId() != nodeId) {
            published = null;
            return true;
        }
        try {
            write(image);
            failing = false;
            return true;
        } catch (RuntimeException e) {
            // Hints for readers: the journal and the images go on without them.
            published = null;
            if (!closed && !failing) {
                LOG.warn("The placement map was not written, and is tried again", e);
            }
            failing = true;
            return false;
        }
    }

    private void write(MetadataImage image) {
        MetadataImage before = published;
        List<CompletableFuture<?>> inFlight = new ArrayList<>();
        Map<Uuid, Topic> topics = image.topicsById();
        for (Topic topic : topics.values()) {
            if (closed) {
                break;
            }
            if (before == null || !topic.equals(before.topicsById().get(topic.id()))) {
                byte[] value = Fenced.of(image.version(), encode(topic));
                submit(topic.id().toString(), new PutFenced(value), inFlight);
            }
        }
        List<String> gone = closed ? List.of() : before == null ? present() : ids(before);
        for (String id : gone) {
            if (!topics.containsKey(Uuid.fromString(id))) {
                submit(id, new RemoveFenced(image.version()), inFlight);
            }
        }
        join(inFlight);
        published = image;
    }

    private List<String> present() {
        // Asking for keys starts Hazelcast's query engine; a new cluster has none.
        return map.isEmpty() ? List.of() : List.copyOf(map.keySet());
    }

    private static List<String> ids(MetadataImage image) {
        return image.topicsById().keySet().stream().map(Uuid::toString).toList();
    }

    private void submit(
            String key,
            EntryProcessor<String, byte[], Boolean> processor,
            List<CompletableFuture<?>> inFlight) {
        inFlight.add(map.submitToKey(key, processor).toCompletableFuture());
        if (inFlight.size() == MAX_IN_FLIGHT) {
            join(inFlight);
        }
    }

    private static void join(List<CompletableFuture<?>> inFlight) {
        inFlight.forEach(CompletableFuture::join);
        inFlight.clear();
    }

    /**
     * For people and other languages: {@code {"name":"t","partitions":[{"leader":1,"epoch":0,
     * "replicas":[1],"isr":[1]}]}}. Topic names need no escaping.
     */
    static byte[] encode(Topic topic) {
        StringBuilder json = new StringBuilder(64);
        json.append("{\"name\":\"").append(topic.name()).append("\",\"partitions\":[");
        for (Partition partition : topic.partitions()) {
            json.append(partition.index() == 0 ? "" : ",");
            json.append("{\"leader\":").append(partition.leader());
            json.append(",\"epoch\":").append(partition.leaderEpoch());
            json.append(",\"replicas\":").append(partition.replicas());
            json.append(",\"isr\":").append(partition.isr()).append('}');
        }
        return json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Waits for a write that is under way, so that no member leaves in the middle of it. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            newest.clear();
            newest.add(Optional.empty());
        }
        // No interrupt: it would leave operations behind that Hazelcast then complains of.
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
