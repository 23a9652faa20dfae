package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.TaskStore;
import dev.millrace.streams.internal.store.VersionedRows;
import dev.millrace.streams.state.VersionedRecord;
import org.jspecify.annotations.Nullable;

/** Finds a table's row by its key: in a store, or computed from the rows of the tables before. */
public abstract class ValueGetter {
    private long timestamp;

    /** Makes getters: one per node that looks things up. */
    @FunctionalInterface
    public interface Factory {
        ValueGetter get();
    }

    abstract void init(TaskContext context);

    abstract @Nullable Object get(Object key);

    /** The row as of a time; of a table without versions, the row it has now. */
    @Nullable Object get(Object key, long asOfMs) {
        return get(key);
    }

    /** Of the row found last, milliseconds since the epoch; -1 when there was none. */
    final long timestamp() {
        return timestamp;
    }

    final void timestamp(long timestamp) {
        this.timestamp = timestamp;
    }

    boolean isVersioned() {
        return false;
    }

    /** From the store that a table keeps its rows in. */
    public static final class OfStore extends ValueGetter {
        private final String storeName;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private TaskStore store;

        /** Of a global store, which another thread writes; null for others. */
        private @Nullable Object lock;

        public OfStore(String storeName) {
            this.storeName = storeName;
        }

        @Override
        void init(TaskContext context) {
            store = context.store(storeName);
            if (context.isGlobal(storeName)) {
                lock = context.globalLock();
            }
        }

        @Override
        @Nullable Object get(Object key) {
            Object held = lock;
            if (held == null) {
                return find(key);
            }
            synchronized (held) {
                return find(key);
            }
        }

        private @Nullable Object find(Object key) {
            if (store instanceof VersionedRows versions) {
                return found(versions.get(key));
            }
            RowStore rows = (RowStore) store;
            Object value = rows.get(key);
            timestamp(value == null ? -1 : rows.timestampOfLastGet());
            return value;
        }

        @Override
        @Nullable Object get(Object key, long asOfMs) {
            return store instanceof VersionedRows versions
                    ? found(versions.get(key, asOfMs))
                    : get(key);
        }

        private @Nullable Object found(@Nullable VersionedRecord<Object> version) {
            timestamp(version == null ? -1 : version.timestamp());
            return version == null ? null : version.value();
        }

        @Override
        boolean isVersioned() {
            return store instanceof VersionedRows;
        }
    }

    /** A value of another getter, changed. */
    public static final class Mapped extends ValueGetter {
        /** Null stays null without it being asked. */
        @FunctionalInterface
        public interface Mapping {
            @Nullable Object map(Object key, Object value);
        }

        private final ValueGetter parent;
        private final Mapping mapping;

        public Mapped(ValueGetter parent, Mapping mapping) {
            this.parent = parent;
            this.mapping = mapping;
        }

        @Override
        void init(TaskContext context) {
            parent.init(context);
        }

        @Override
        @Nullable Object get(Object key) {
            return mapped(key, parent.get(key));
        }

        @Override
        @Nullable Object get(Object key, long asOfMs) {
            return mapped(key, parent.get(key, asOfMs));
        }

        private @Nullable Object mapped(Object key, @Nullable Object value) {
            Object mapped = value == null ? null : mapping.map(key, value);
            timestamp(mapped == null ? -1 : parent.timestamp());
            return mapped;
        }

        @Override
        boolean isVersioned() {
            return parent.isVersioned();
        }
    }
}
