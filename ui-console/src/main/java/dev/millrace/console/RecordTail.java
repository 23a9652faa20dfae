package dev.millrace.console;

import dev.millrace.console.RecordsQuery.Start;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Sends a topic's new records to one browser as {@code records} events:
 *
 * <pre>
 * id: 0:120,1:88                      where to go on after a reconnect (Last-Event-ID)
 * data: {"records":[...],"dropped":0} dropped: records left out since the stream began
 * </pre>
 *
 * Records wait in a ring while the browser is slow; the oldest leave it first and are counted. So a
 * slow browser sees less of the topic, never an old picture of it, and never slows the reading
 * down.
 */
final class RecordTail implements LiveStreams.Feed {
    private static final int MAX_RING_BYTES = 16 * 1024 * 1024;
    private static final int MAX_EVENT_RECORDS = 500;
    private static final int MAX_EVENT_BYTES = 1024 * 1024;
    private static final long MIN_EVENT_INTERVAL_NS = Duration.ofMillis(50).toNanos();

    private final ConsoleConfig config;
    private final Start start;

    private final Queue<ConsumerRecord<byte[], byte[]>> ring = new ArrayDeque<>();
    private long ringBytes;
    private long dropped;

    RecordTail(ConsoleConfig config, Start start) {
        this.config = config;
        this.start = start;
    }

    @Override
    public void run(TopicConsumer consumer, SseStream stream) throws InterruptedException {
        consumer.seek(consumer.startOffsets(start));
        Map<Integer, Long> sent = new TreeMap<>(consumer.positions());
        stream.send(
                "ready",
                Positions.format(sent),
                new JsonObject().put("positions", Positions.format(sent)).encode());
        long lastEventNs = System.nanoTime() - MIN_EVENT_INTERVAL_NS;
        while (!stream.isClosed()) {
            Duration wait = Duration.ofMillis(ring.isEmpty() ? 250 : 10);
            RecordOrder.byTime(consumer.poll(wait)).forEach(this::add);
            if (!ring.isEmpty()
                    && System.nanoTime() - lastEventNs >= MIN_EVENT_INTERVAL_NS
                    && stream.isWritable()) {
                String event = nextEvent(sent);
                lastEventNs = System.nanoTime();
                stream.send("records", Positions.format(sent), event);
            }
        }
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        ring.add(record);
        ringBytes += RecordJson.sizeBytes(record);
        while (ring.size() > config.tailRingRecords()
                || (ringBytes > MAX_RING_BYTES && ring.size() > 1)) {
            ringBytes -= RecordJson.sizeBytes(ring.remove());
            dropped++;
        }
    }

    private String nextEvent(Map<Integer, Long> sent) {
        JsonArray records = new JsonArray();
        long bytes = 0;
        while (records.size() < MAX_EVENT_RECORDS && bytes < MAX_EVENT_BYTES) {
            ConsumerRecord<byte[], byte[]> record = ring.poll();
            if (record == null) {
                break;
            }
            ringBytes -= RecordJson.sizeBytes(record);
            bytes += Math.min(RecordJson.sizeBytes(record), config.maxValueBytes());
            records.add(RecordJson.of(record, config.maxValueBytes()));
            sent.put(record.partition(), record.offset() + 1);
        }
        return new JsonObject().put("records", records).put("dropped", dropped).encode();
    }
}
