package dev.millrace.client;

import dev.millrace.client.RecordProjection.Decoder;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Latest value per key. Until it has caught up it holds the latest raw record of each key; then the
 * rows are handed down and nothing is held any more. Records without a key are left out.
 */
final class TableProjection<K, V> implements Projection<TableEvent<K, V>> {
    private final Decoder<K, V> decoder;
    private final int maxRows;
    private Map<KeyBytes, ConsumerRecord<byte[], byte[]>> rows = new LinkedHashMap<>();
    private boolean caughtUp;

    TableProjection(Decoder<K, V> decoder, int maxRows) {
        this.decoder = decoder;
        this.maxRows = maxRows;
    }

    @Override
    public boolean needsHistory() {
        return true;
    }

    @Override
    public boolean needsCaughtUp() {
        return true;
    }

    @Override
    public void onRecord(ConsumerRecord<byte[], byte[]> raw, Sink<TableEvent<K, V>> out) {
        if (raw.key() == null) {
            return;
        }
        if (caughtUp) {
            out.emit(event(raw));
            return;
        }
        KeyBytes key = new KeyBytes(raw.key());
        if (raw.value() == null) {
            rows.remove(key);
        } else {
            rows.put(key, raw);
            if (rows.size() > maxRows) {
                throw new ClientException.TableTooLarge(raw.topic(), maxRows);
            }
        }
    }

    @Override
    public void onCaughtUp(Sink<TableEvent<K, V>> out) {
        caughtUp = true;
        int count = rows.size();
        Iterator<ConsumerRecord<byte[], byte[]>> raws = rows.values().iterator();
        rows = Map.of();
        out.emitAll(
                new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return raws.hasNext();
                    }

                    @Override
                    public TableEvent<K, V> next() {
                        TableEvent<K, V> row = event(raws.next());
                        raws.remove(); // so that memory shrinks while a slow subscriber reads
                        return row;
                    }
                });
        out.emit(new TableEvent.SnapshotComplete<>(count));
    }

    private TableEvent<K, V> event(ConsumerRecord<byte[], byte[]> raw) {
        K key = decoder.key(raw);
        return raw.value() == null
                ? new TableEvent.Removed<>(key, raw.partition(), raw.offset(), raw.timestamp())
                : new TableEvent.Row<>(
                        key, decoder.value(raw), raw.partition(), raw.offset(), raw.timestamp());
    }
}
