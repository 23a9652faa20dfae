package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.VersionedRows;
import dev.millrace.streams.kstream.ValueJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Joins of tables by their keys. Each side has a node that looks up the other side's row; both end
 * in one node that keeps the results, if they are kept.
 */
public final class TableJoinNodes {
    private TableJoinNodes() {}

    /** Which rows without a partner are results. */
    public enum Kind {
        /** Of neither side. */
        INNER,
        /** Of the side that changes, not of the other one. */
        THIS,
        /** Of the other side, not of the one that changes. */
        OTHER,
        /** Of both sides. */
        BOTH
    }

    /** A change of one side. */
    public static final class Side extends Node {
        private final Kind kind;
        private final ValueGetter other;
        private final ValueJoiner<Object, Object, Object> joiner;
        private final boolean sendOldValues;

        /**
         * @param joiner takes the value that changes first
         */
        public Side(
                Kind kind,
                ValueGetter other,
                ValueJoiner<Object, Object, Object> joiner,
                boolean sendOldValues) {
            this.kind = kind;
            this.other = other;
            this.joiner = joiner;
            this.sendOldValues = sendOldValues;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            other.init(context);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null) {
                context.dropped("null key");
                return;
            }
            if (!context.latest() && other.isVersioned()) {
                context.dropped("out-of-order version");
                return;
            }
            Object partner = other.get(key);
            boolean needsPartner = kind == Kind.INNER || kind == Kind.OTHER;
            if (partner == null && (needsPartner || (value == null && old == null))) {
                return;
            }
            long newest = partner == null ? timestamp : Math.max(timestamp, other.timestamp());
            forward(key, join(value, partner), sendOldValues ? join(old, partner) : null, newest);
        }

        private @Nullable Object join(@Nullable Object value, @Nullable Object partner) {
            boolean joins =
                    switch (kind) {
                        case INNER, THIS -> value != null;
                        case OTHER -> true;
                        case BOTH -> value != null || partner != null;
                    };
            return joins ? joiner.apply(Erased.any(value), Erased.any(partner)) : null;
        }
    }

    /** Where both sides meet. */
    public static final class Merge extends TableNodes.Keeping {
        public Merge(@Nullable String storeName, boolean sendOldValues) {
            super(storeName, sendOldValues);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            Object passedKey = Erased.any(key);
            RowStore kept = rows;
            VersionedRows versions = versioned;
            if (versions != null) {
                putVersion(versions, passedKey, value, timestamp);
            } else if (kept != null) {
                kept.update(
                        passedKey, value, sendOldValues ? kept.get(passedKey) : null, timestamp);
            } else {
                forward(key, value, old, timestamp);
            }
        }
    }

    /** The row that a join makes, computed when it is asked for. */
    public static final class Getter extends ValueGetter {
        private final Kind kind;
        private final ValueGetter left;
        private final ValueGetter right;
        private final ValueJoiner<Object, Object, Object> joiner;

        /**
         * @param kind THIS is the left side
         */
        public Getter(
                Kind kind,
                ValueGetter left,
                ValueGetter right,
                ValueJoiner<Object, Object, Object> joiner) {
            this.kind = kind;
            this.left = left;
            this.right = right;
            this.joiner = joiner;
        }

        @Override
        void init(TaskContext context) {
            left.init(context);
            right.init(context);
        }

        @Override
        @Nullable Object get(Object key) {
            Object first = left.get(key);
            Object second = right.get(key);
            boolean joins =
                    switch (kind) {
                        case INNER -> first != null && second != null;
                        case THIS -> first != null;
                        case OTHER -> second != null;
                        case BOTH -> first != null || second != null;
                    };
            Object joined = joins ? joiner.apply(Erased.any(first), Erased.any(second)) : null;
            timestamp(
                    joined == null
                            ? -1
                            : Math.max(
                                    first == null ? -1 : left.timestamp(),
                                    second == null ? -1 : right.timestamp()));
            return joined;
        }
    }
}
