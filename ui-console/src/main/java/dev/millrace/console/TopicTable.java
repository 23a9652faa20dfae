package dev.millrace.console;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.millrace.console.RecordsQuery.Start;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A topic as a table: the latest value of each key, a null value deletes. Events of the stream, in
 * this order:
 *
 * <pre>
 * progress {"read":n,"total":n}             while history is read
 * rows     {"rows":[...]}                   the table as of the stream's begin, in portions
 * live     {"keys":n,"withoutKey":n,"evicted":n}  the table is complete; changes follow
 * changes  {"upserts":[...],"deletes":[id...],"updates":n}
 *                                           several changes of one key arrive as its last one
 * reset    {}                               the browser fell far behind: rows and live follow again
 * </pre>
 *
 * A row is a record plus {@code id}, the base64 of its key. At most {@code maxTableKeys} keys are
 * kept: the least recently changed leave first, as deletes that are counted in {@code evicted}.
 * Records without key belong to no row and are counted.
 */
final class TopicTable implements LiveStreams.Feed {
    private static final int PORTION_ROWS = 250;
    private static final int MAX_EVENT_CHANGES = 1_000;
    private static final int MAX_TABLE_BYTES = 64 * 1024 * 1024;
    private static final long MIN_EVENT_INTERVAL_NS = Duration.ofMillis(100).toNanos();

    private final ConsoleConfig config;

    /** In the order of the last change, oldest first. */
    private final Map<ByteBuffer, ConsumerRecord<byte[], byte[]>> rows = new LinkedHashMap<>();

    /** Keys changed since the last event; null = deleted. */
    private final Map<ByteBuffer, @Nullable ConsumerRecord<byte[], byte[]>> changes =
            new LinkedHashMap<>();

    /** More changed than is worth telling: the whole table is sent again. */
    private boolean behind;

    private long tableBytes;
    private long withoutKey;
    private long evicted;
    private long updates;

    TopicTable(ConsoleConfig config) {
        this.config = config;
    }

    @Override
    public void run(TopicConsumer consumer, SseStream stream) throws InterruptedException {
        readHistory(consumer, stream);
        sendTable(stream);
        long lastEventNs = System.nanoTime();
        while (!stream.isClosed()) {
            consumer.poll(Duration.ofMillis(changes.isEmpty() ? 250 : 20)).forEach(this::apply);
            if (updates > 0
                    && System.nanoTime() - lastEventNs >= MIN_EVENT_INTERVAL_NS
                    && stream.isWritable()) {
                lastEventNs = System.nanoTime();
                if (!behind) {
                    stream.send("changes", null, takeChanges());
                } else {
                    behind = false;
                    changes.clear();
                    updates = 0;
                    stream.send("reset", null, "{}");
                    sendTable(stream);
                }
            }
        }
    }

    /** The table as it is now, for a caller that wants no stream. */
    JsonObject snapshot(TopicConsumer consumer, Duration deadline) {
        Map<TopicPartition, Long> from = consumer.startOffsets(new Start.Beginning());
        consumer.seek(from);
        long deadlineNs = System.nanoTime() + deadline.toNanos();
        boolean complete = consumer.reached(consumer.ends());
        while (!complete && System.nanoTime() < deadlineNs) {
            consumer.poll(Duration.ofMillis(250)).forEach(this::apply);
            complete = consumer.reached(consumer.ends());
        }
        JsonArray all = new JsonArray();
        rows.forEach((key, record) -> all.add(row(key, record)));
        return new JsonObject()
                .put("topic", consumer.topic())
                .put("rows", all)
                .put("withoutKey", withoutKey)
                .put("evicted", evicted)
                .put("complete", complete);
    }

    private void readHistory(TopicConsumer consumer, SseStream stream) {
        Map<TopicPartition, Long> from = consumer.startOffsets(new Start.Beginning());
        consumer.seek(from);
        long total = 0;
        for (TopicPartition tp : consumer.partitions()) {
            total += consumer.end(tp) - consumer.beginning(tp);
        }
        long lastEventNs = System.nanoTime();
        while (!stream.isClosed() && !consumer.reached(consumer.ends())) {
            consumer.poll(Duration.ofMillis(250)).forEach(this::apply);
            changes.clear(); // the rows say it all
            if (System.nanoTime() - lastEventNs >= MIN_EVENT_INTERVAL_NS) {
                lastEventNs = System.nanoTime();
                long read = 0;
                for (TopicPartition tp : consumer.partitions()) {
                    read += consumer.position(tp) - consumer.beginning(tp);
                }
                stream.offer(
                        "progress",
                        null,
                        new JsonObject().put("read", read).put("total", total).encode());
            }
        }
        changes.clear();
        updates = 0;
    }

    private void sendTable(SseStream stream) throws InterruptedException {
        JsonArray portion = new JsonArray();
        for (Iterator<Map.Entry<ByteBuffer, ConsumerRecord<byte[], byte[]>>> i =
                        rows.entrySet().iterator();
                i.hasNext(); ) {
            Map.Entry<ByteBuffer, ConsumerRecord<byte[], byte[]>> entry = i.next();
            portion.add(row(entry.getKey(), entry.getValue()));
            if (portion.size() == PORTION_ROWS || !i.hasNext()) {
                stream.send("rows", null, new JsonObject().put("rows", portion).encode());
                portion = new JsonArray();
            }
        }
        stream.send(
                "live",
                null,
                new JsonObject()
                        .put("keys", rows.size())
                        .put("withoutKey", withoutKey)
                        .put("evicted", evicted)
                        .encode());
    }

    private void apply(ConsumerRecord<byte[], byte[]> record) {
        updates++;
        byte[] keyBytes = record.key();
        if (keyBytes == null) {
            withoutKey++;
            return;
        }
        ByteBuffer key = ByteBuffer.wrap(keyBytes);
        ConsumerRecord<byte[], byte[]> before = rows.remove(key);
        if (before != null) {
            tableBytes -= RecordJson.sizeBytes(before);
        }
        if (record.value() == null) {
            changed(key, null);
            return;
        }
        rows.put(key, record);
        changed(key, record);
        tableBytes += RecordJson.sizeBytes(record);
        while (rows.size() > config.maxTableKeys()
                || (tableBytes > MAX_TABLE_BYTES && rows.size() > 1)) {
            Map.Entry<ByteBuffer, ConsumerRecord<byte[], byte[]>> oldest =
                    rows.entrySet().iterator().next();
            tableBytes -= RecordJson.sizeBytes(oldest.getValue());
            rows.remove(oldest.getKey());
            changed(oldest.getKey(), null);
            evicted++;
        }
    }

    private void changed(ByteBuffer key, @Nullable ConsumerRecord<byte[], byte[]> record) {
        changes.put(key, record);
        if (changes.size() > 2 * config.maxTableKeys()) {
            changes.clear();
            behind = true;
        }
    }

    private String takeChanges() {
        JsonArray upserts = new JsonArray();
        JsonArray deletes = new JsonArray();
        Iterator<Map.Entry<ByteBuffer, @Nullable ConsumerRecord<byte[], byte[]>>> oldestFirst =
                changes.entrySet().iterator();
        while (oldestFirst.hasNext() && upserts.size() + deletes.size() < MAX_EVENT_CHANGES) {
            Map.Entry<ByteBuffer, @Nullable ConsumerRecord<byte[], byte[]>> change =
                    oldestFirst.next();
            ConsumerRecord<byte[], byte[]> record = change.getValue();
            if (record == null) {
                deletes.add(id(change.getKey()));
            } else {
                upserts.add(row(change.getKey(), record));
            }
            oldestFirst.remove();
        }
        JsonObject event =
                new JsonObject()
                        .put("upserts", upserts)
                        .put("deletes", deletes)
                        .put("updates", updates)
                        .put("withoutKey", withoutKey)
                        .put("evicted", evicted);
        updates = changes.size();
        return event.encode();
    }

    private JsonObject row(ByteBuffer key, ConsumerRecord<byte[], byte[]> record) {
        return RecordJson.of(record, config.maxValueBytes()).put("id", id(key));
    }

    private static String id(ByteBuffer key) {
        return ISO_8859_1.decode(Base64.getEncoder().encode(key.duplicate())).toString();
    }
}
