package dev.millrace.console;

import dev.millrace.console.ClusterReader.TopicSummary;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The list of topics with counts and rates, read once a second for all who look, and not at all
 * when nobody does.
 *
 * <p>A rate is the growth of the end offsets between two samples over the time between them,
 * averaged over a few seconds; it is null until there are two samples. Owned by one event loop.
 */
final class TopicsOverview {
    private static final Logger LOG = LoggerFactory.getLogger(TopicsOverview.class);

    private static final long INTERVAL_MS = 1_000;

    /** How long it goes on reading after the last one who asked: rates are then at hand. */
    private static final long LINGER_MS = 10_000;

    /** A sample this fresh answers {@code GET /api/topics} without another reading. */
    private static final long FRESH_MS = 1_500;

    private static final int RATE_SAMPLES = 4;

    /** Sizes cost more and move less; and the first list should not wait for them. */
    private static final int SAMPLES_PER_BYTES_READING = 10;

    private final Vertx vertx;
    private final Context context;
    private final ClusterReader cluster;
    private final Function<Callable<Sample>, Future<Sample>> worker;
    private final String bootstrapServers;

    private final Map<SseStream, Boolean> viewers = new HashMap<>(); // value: has the full list
    private final List<Promise<JsonObject>> waiting = new ArrayList<>();
    private final Map<String, List<Point>> history = new HashMap<>();
    private Map<String, JsonObject> rows = new LinkedHashMap<>();
    private Map<String, Long> bytesByTopic = Map.of();
    private boolean bytesSupported = true;
    private long samples;
    private long sampledAtMs;
    private long lastInterestMs;
    private boolean sampling;
    private long timer = -1;
    private boolean closed;

    /**
     * @param worker runs a blocking reading on a worker thread
     */
    TopicsOverview(
            Vertx vertx,
            ClusterReader cluster,
            Function<Callable<Sample>, Future<Sample>> worker,
            String bootstrapServers) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.cluster = cluster;
        this.worker = worker;
        this.bootstrapServers = bootstrapServers;
    }

    /** One reading: the topics, and their sizes where they were read too. */
    record Sample(long atMs, List<TopicSummary> topics, @Nullable Map<String, Long> bytes) {}

    private record Point(long atMs, String topicId, long endOffsets) {}

    /** {@code {"at":ms,"topics":[...]}}, at most {@link #FRESH_MS} old. */
    Future<JsonObject> current() {
        Promise<JsonObject> answer = Promise.promise();
        context.runOnContext(
                now -> {
                    lastInterestMs = System.currentTimeMillis();
                    if (lastInterestMs - sampledAtMs <= FRESH_MS) {
                        answer.complete(everything());
                    } else {
                        waiting.add(answer);
                        sample();
                    }
                });
        return answer.future();
    }

    /**
     * Events {@code topics} (everything, at first), {@code changes} ({@code
     * {"at":ms,"changed":[...],"removed":[name...]}}, every second) and {@code unavailable} ({@code
     * {"error":{...}}}).
     */
    void follow(SseStream stream) {
        context.runOnContext(
                now -> {
                    viewers.put(stream, false);
                    if (System.currentTimeMillis() - sampledAtMs <= FRESH_MS) {
                        viewers.put(stream, stream.offer("topics", null, everything().encode()));
                    }
                    sample();
                });
        stream.closed().onComplete(gone -> context.runOnContext(now -> viewers.remove(stream)));
    }

    void close() {
        context.runOnContext(
                now -> {
                    closed = true;
                    viewers.keySet().forEach(SseStream::close);
                });
    }

    private void sample() {
        if (sampling || closed) {
            return;
        }
        sampling = true;
        vertx.cancelTimer(timer);
        boolean withBytes = bytesSupported && samples % SAMPLES_PER_BYTES_READING == 1;
        worker.apply(() -> read(withBytes))
                .onComplete(read -> context.runOnContext(now -> sampled(read)));
    }

    private Sample read(boolean withBytes) {
        List<TopicSummary> topics = cluster.topics();
        Map<String, Long> bytes = null;
        if (withBytes) {
            try {
                bytes = cluster.bytesByTopic();
            } catch (RuntimeException failure) {
                if (failure.getCause() instanceof UnsupportedVersionException) {
                    bytes = Map.of();
                } else {
                    LOG.debug("sizes of topics are unknown", failure);
                }
            }
        }
        return new Sample(System.currentTimeMillis(), topics, bytes);
    }

    private void sampled(AsyncResult<Sample> read) {
        sampling = false;
        if (read.succeeded()) {
            publish(read.result());
        } else {
            ApiException failure = ApiException.from(read.cause(), bootstrapServers);
            List.copyOf(waiting).forEach(answer -> answer.fail(failure));
            waiting.clear();
            String event = LiveStreams.errorJson(failure).encode();
            viewers.replaceAll((viewer, informed) -> false);
            viewers.keySet().forEach(viewer -> viewer.offer("unavailable", null, event));
        }
        boolean wanted =
                !viewers.isEmpty() || System.currentTimeMillis() - lastInterestMs < LINGER_MS;
        if (wanted && !closed) {
            timer = vertx.setTimer(INTERVAL_MS, tick -> context.runOnContext(now -> sample()));
        } else {
            history.clear();
        }
    }

    private void publish(Sample sample) {
        samples++;
        sampledAtMs = sample.atMs();
        Map<String, Long> bytes = sample.bytes();
        if (bytes != null) {
            bytesByTopic = bytes;
            bytesSupported = !bytes.isEmpty() || sample.topics().isEmpty();
        }
        Map<String, JsonObject> before = rows;
        Map<String, JsonObject> after = new LinkedHashMap<>();
        sample.topics().forEach(topic -> after.put(topic.name(), row(topic, sample.atMs())));
        rows = after;
        history.keySet().retainAll(after.keySet());

        JsonArray changed = new JsonArray();
        after.forEach(
                (name, row) -> {
                    if (!row.equals(before.get(name))) {
                        changed.add(row);
                    }
                });
        Set<String> removed = new HashSet<>(before.keySet());
        removed.removeAll(after.keySet());
        String changes =
                new JsonObject()
                        .put("at", sampledAtMs)
                        .put("changed", changed)
                        .put("removed", new JsonArray(List.copyOf(removed)))
                        .encode();
        boolean someAreNew = !waiting.isEmpty() || viewers.containsValue(false);
        JsonObject everything = someAreNew ? everything() : new JsonObject();
        String full = someAreNew ? everything.encode() : "";
        // Whoever misses an event gets everything next time.
        viewers.replaceAll(
                (viewer, informed) ->
                        informed
                                ? viewer.offer("changes", null, changes)
                                : viewer.offer("topics", null, full));
        List.copyOf(waiting).forEach(answer -> answer.complete(everything));
        waiting.clear();
    }

    private JsonObject row(TopicSummary topic, long atMs) {
        List<Point> points = history.computeIfAbsent(topic.name(), any -> new ArrayList<>());
        if (!points.isEmpty()
                && (!points.get(0).topicId().equals(topic.topicId())
                        || points.get(points.size() - 1).endOffsets() > topic.endOffsets())) {
            points.clear(); // deleted and created again
        }
        points.add(new Point(atMs, topic.topicId(), topic.endOffsets()));
        if (points.size() > RATE_SAMPLES) {
            points.remove(0);
        }
        Point first = points.get(0);
        Double perSecond = null;
        if (points.size() > 1 && atMs > first.atMs()) {
            double grown = topic.endOffsets() - first.endOffsets();
            perSecond = Math.round(grown * 10_000 / (atMs - first.atMs())) / 10.0;
        }
        return new JsonObject()
                .put("name", topic.name())
                .put("internal", topic.internal())
                .put("partitions", topic.partitions())
                .put("replicationFactor", topic.replicationFactor())
                .put("underReplicated", topic.underReplicated())
                .put("records", topic.records())
                .put("bytes", bytesByTopic.get(topic.name()))
                .put("recordsPerSecond", perSecond);
    }

    private JsonObject everything() {
        return new JsonObject()
                .put("at", sampledAtMs)
                .put("topics", new JsonArray(List.copyOf(rows.values())));
    }
}
