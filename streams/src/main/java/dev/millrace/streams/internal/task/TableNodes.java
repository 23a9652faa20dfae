package dev.millrace.streams.internal.task;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.VersionedRows;
import dev.millrace.streams.kstream.KeyValueMapper;
import dev.millrace.streams.kstream.Predicate;
import dev.millrace.streams.kstream.ValueMapperWithKey;
import dev.millrace.streams.state.VersionedKeyValueStore;
import dev.millrace.streams.state.VersionedRecord;
import org.jspecify.annotations.Nullable;

/**
 * The operators of tables but aggregations. What passes is a change: new and old value of a key.
 */
public final class TableNodes {
    private TableNodes() {}

    /**
     * A node that may keep its rows; its changes then leave through the store, which may combine
     * them.
     */
    abstract static class Keeping extends Node {
        private final @Nullable String storeName;
        final boolean sendOldValues;
        @Nullable RowStore rows;
        @Nullable VersionedRows versioned;

        Keeping(@Nullable String storeName, boolean sendOldValues) {
            this.storeName = storeName;
            this.sendOldValues = sendOldValues;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            if (storeName != null) {
                if (context.store(storeName) instanceof VersionedRows versions) {
                    versioned = versions;
                } else {
                    rows = context.rows(storeName);
                    rows.emitChanges(this::emit, sendOldValues);
                }
            }
        }

        /** Stores a version; a change that is older than the history goes no further. */
        final void putVersion(
                VersionedRows versions, Object key, @Nullable Object value, long timestamp) {
            VersionedRecord<Object> before = sendOldValues ? versions.get(key, timestamp) : null;
            long validTo = versions.put(key, value, timestamp);
            if (validTo == VersionedKeyValueStore.PUT_RETURN_CODE_NOT_PUT) {
                context.dropped("expired version");
                return;
            }
            boolean latest = context.latest();
            context.latest(validTo == VersionedKeyValueStore.PUT_RETURN_CODE_VALID_TO_UNDEFINED);
            forward(key, value, before == null ? null : before.value(), timestamp);
            context.latest(latest);
        }

        private void emit(
                Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
            forward(key, value, old, timestamp);
        }
    }

    /** A topic or stream read as changes of a table. */
    public static final class Source extends Keeping {
        public Source(@Nullable String storeName, boolean sendOldValues) {
            super(storeName, sendOldValues);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null) {
                context.dropped("null key");
            } else if (versioned != null) {
                putVersion(versioned, key, value, timestamp);
            } else if (rows == null) {
                forward(key, value, null, timestamp);
            } else {
                rows.update(key, value, sendOldValues ? rows.get(key) : null, timestamp);
            }
        }
    }

    public static final class Filter extends Keeping {
        private final boolean parentVersioned;
        private final Predicate<Object, Object> predicate;
        private final boolean wanted;

        public Filter(
                @Nullable String storeName,
                boolean sendOldValues,
                boolean parentVersioned,
                Predicate<Object, Object> predicate,
                boolean wanted) {
            super(storeName, sendOldValues);
            this.parentVersioned = parentVersioned;
            this.predicate = predicate;
            this.wanted = wanted;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            Object passedKey = Erased.any(key);
            Object passed = pass(passedKey, value);
            Object before =
                    !sendOldValues
                            ? null
                            : rows != null ? rows.get(passedKey) : pass(passedKey, old);
            if (!parentVersioned && sendOldValues && passed == null && before == null) {
                return; // the row did not match before either
            }
            if (versioned != null) {
                putVersion(versioned, passedKey, passed, timestamp);
            } else if (rows != null) {
                rows.update(passedKey, passed, before, timestamp);
            } else {
                forward(key, passed, before, timestamp);
            }
        }

        private @Nullable Object pass(Object key, @Nullable Object value) {
            return value != null && predicate.test(key, value) == wanted ? value : null;
        }
    }

    public static final class MapValues extends Keeping {
        private final ValueMapperWithKey<Object, Object, Object> mapper;

        public MapValues(
                @Nullable String storeName,
                boolean sendOldValues,
                ValueMapperWithKey<Object, Object, Object> mapper) {
            super(storeName, sendOldValues);
            this.mapper = mapper;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            Object passedKey = Erased.any(key);
            Object mapped = map(passedKey, value);
            Object before =
                    !sendOldValues
                            ? null
                            : rows != null ? rows.get(passedKey) : map(passedKey, old);
            if (versioned != null) {
                putVersion(versioned, passedKey, mapped, timestamp);
            } else if (rows != null) {
                rows.update(passedKey, mapped, before, timestamp);
            } else {
                forward(key, mapped, before, timestamp);
            }
        }

        private @Nullable Object map(Object key, @Nullable Object value) {
            return value == null ? null : mapper.apply(key, value);
        }
    }

    public static final class ToStream extends Node {
        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            forward(key, value, null, timestamp);
        }
    }

    /**
     * Gives changes the key of their group. When a row moves, the group it leaves hears first; when
     * it stays, both values go in one change.
     */
    public static final class Group extends Node {
        private final KeyValueMapper<Object, Object, KeyValue<?, ?>> selector;

        public Group(KeyValueMapper<Object, Object, KeyValue<?, ?>> selector) {
            this.selector = selector;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null) {
                throw new StreamsException(
                        "Record key for the grouping KTable should not be null.");
            }
            if (!context.latest()) {
                context.dropped("out-of-order version");
                return;
            }
            KeyValue<?, ?> added = select(key, value);
            KeyValue<?, ?> removed = select(key, old);
            if (added != null && removed != null && removed.key.equals(added.key)) {
                forward(added.key, added.value, removed.value, timestamp);
                return;
            }
            if (removed != null) {
                forward(removed.key, null, removed.value, timestamp);
            }
            if (added != null) {
                forward(added.key, added.value, null, timestamp);
            }
        }

        private @Nullable KeyValue<?, ?> select(Object key, @Nullable Object value) {
            KeyValue<?, ?> pair = value == null ? null : selector.apply(key, value);
            return pair == null || pair.key == null || pair.value == null ? null : pair;
        }
    }
}
