package dev.millrace.client;

import dev.millrace.client.RecordProjection.Decoder;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Old and new value per record. Holds the latest value bytes of each key, since the beginning of
 * the topic. A tombstone for a key that is not there, and a record without a key, change nothing.
 */
final class ChangelogProjection<K, V> implements Projection<Change<K, V>> {
    private final Decoder<K, V> decoder;
    private final int maxRows;
    private final Map<KeyBytes, ConsumerRecord<byte[], byte[]>> rows = new HashMap<>();
    private Map<Integer, Long> reportFrom = Map.of();

    ChangelogProjection(Decoder<K, V> decoder, int maxRows) {
        this.decoder = decoder;
        this.maxRows = maxRows;
    }

    @Override
    public boolean needsHistory() {
        return true;
    }

    @Override
    public void onStart(Map<Integer, Long> positions) {
        reportFrom = positions;
    }

    @Override
    public void onRecord(ConsumerRecord<byte[], byte[]> raw, Sink<Change<K, V>> out) {
        if (raw.key() == null) {
            return;
        }
        KeyBytes key = new KeyBytes(raw.key());
        ConsumerRecord<byte[], byte[]> before =
                raw.value() == null ? rows.remove(key) : rows.put(key, raw);
        if (rows.size() > maxRows) {
            throw new ClientException.TableTooLarge(raw.topic(), maxRows);
        }
        if ((before != null || raw.value() != null)
                && raw.offset() >= reportFrom.getOrDefault(raw.partition(), 0L)) {
            out.emit(change(before, raw));
        }
    }

    private Change<K, V> change(
            @Nullable ConsumerRecord<byte[], byte[]> before, ConsumerRecord<byte[], byte[]> raw) {
        Change.Kind kind =
                raw.value() == null
                        ? Change.Kind.DELETE
                        : before == null ? Change.Kind.INSERT : Change.Kind.UPDATE;
        return new Change<>(
                kind,
                decoder.key(raw),
                before == null ? null : decoder.value(before),
                raw.value() == null ? null : decoder.value(raw),
                raw.partition(),
                raw.offset(),
                raw.timestamp());
    }
}
