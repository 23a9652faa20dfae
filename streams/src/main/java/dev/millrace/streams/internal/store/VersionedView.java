package dev.millrace.streams.internal.store;

import dev.millrace.streams.internal.query.History;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.VersionedKeyValueStore;
import dev.millrace.streams.state.VersionedRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Versions of rows as processors see them. */
final class VersionedView implements VersionedKeyValueStore<Object, Object>, History {
    private final VersionedRows rows;

    VersionedView(VersionedRows rows) {
        this.rows = rows;
    }

    @Override
    public long put(Object key, @Nullable Object value, long timestamp) {
        return rows.put(key, value, timestamp);
    }

    @Override
    public @Nullable VersionedRecord<Object> delete(Object key, long timestamp) {
        return rows.delete(key, timestamp);
    }

    @Override
    public @Nullable VersionedRecord<Object> get(Object key) {
        return rows.get(key);
    }

    @Override
    public @Nullable VersionedRecord<Object> get(Object key, long asOfTimestamp) {
        return rows.get(key, asOfTimestamp);
    }

    @Override
    public List<VersionedRecord<Object>> versions(Object key, long fromMs, long toMs) {
        return rows.versions(key, fromMs, toMs);
    }

    @Override
    public String name() {
        return rows.name();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        if (!rows.below().isOpen()) {
            rows.below().open(context.stateDir().toPath());
        }
    }

    @Override
    public void flush() {
        rows.sync();
    }

    @Override
    public void close() {
        rows.close();
    }

    @Override
    public boolean persistent() {
        return rows.persistent();
    }

    @Override
    public boolean isOpen() {
        return rows.below().isOpen();
    }
}
