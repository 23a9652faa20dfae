package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.Reducer;
import org.jspecify.annotations.Nullable;

/** Aggregations of streams and of tables. A row's timestamp is the largest of what made it. */
public final class AggregateNodes {
    private AggregateNodes() {}

    public record Settings(String storeName, boolean sendOldValues) {}

    abstract static class Aggregating extends Node {
        private final Settings settings;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        RowStore rows;

        Aggregating(Settings settings) {
            this.settings = settings;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            rows = context.rows(settings.storeName());
            rows.emitChanges(this::emit, settings.sendOldValues());
        }

        private void emit(
                Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
            forward(key, value, old, timestamp);
        }

        final String storeName() {
            return settings.storeName();
        }

        final void update(
                Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp,
                long recordTimestamp) {
            rows.update(
                    key, value, settings.sendOldValues() ? old : null, timestamp, recordTimestamp);
        }
    }

    abstract static class OfStream extends Aggregating {
        OfStream(Settings settings) {
            super(settings);
        }

        @Override
        final void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null || value == null) {
                context.dropped("null key or value");
                return;
            }
            Object before = rows.get(key);
            if (before == null) {
                Object first = first();
                update(key, add(key, value, first), first, timestamp, timestamp);
            } else {
                long newest = Math.max(timestamp, rows.timestampOfLastGet());
                update(key, add(key, value, before), before, newest, timestamp);
            }
        }

        abstract @Nullable Object first();

        abstract @Nullable Object add(Object key, Object value, @Nullable Object aggregate);
    }

    public static final class Count extends OfStream {
        public Count(Settings settings) {
            super(settings);
        }

        @Override
        Object first() {
            return 0L;
        }

        @Override
        Object add(Object key, Object value, @Nullable Object aggregate) {
            return (Long) Erased.any(aggregate) + 1L;
        }
    }

    public static final class StreamAggregate extends OfStream {
        private final Initializer<Object> initializer;
        private final Aggregator<Object, Object, Object> aggregator;

        public StreamAggregate(
                Settings settings,
                Initializer<Object> initializer,
                Aggregator<Object, Object, Object> aggregator) {
            super(settings);
            this.initializer = initializer;
            this.aggregator = aggregator;
        }

        @Override
        @Nullable Object first() {
            return initializer.apply();
        }

        @Override
        @Nullable Object add(Object key, Object value, @Nullable Object aggregate) {
            return aggregator.apply(key, value, Erased.any(aggregate));
        }
    }

    public static final class StreamReduce extends OfStream {
        private final Reducer<Object> reducer;

        public StreamReduce(Settings settings, Reducer<Object> reducer) {
            super(settings);
            this.reducer = reducer;
        }

        @Override
        @Nullable Object first() {
            return null;
        }

        @Override
        @Nullable Object add(Object key, Object value, @Nullable Object aggregate) {
            return aggregate == null ? value : reducer.apply(aggregate, value);
        }
    }

    /** Subtracts the old value of a change, then adds the new one. */
    abstract static class OfTable extends Aggregating {
        OfTable(Settings settings) {
            super(settings);
        }

        @Override
        final void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null) {
                throw new StreamsException(
                        "Record key for KTable aggregate operator with state "
                                + storeName()
                                + " should not be null.");
            }
            Object before = rows.get(key);
            Object aggregate = before;
            long newest = timestamp;
            if (before != null) {
                newest = Math.max(timestamp, rows.timestampOfLastGet());
                if (old != null) {
                    aggregate = subtract(key, old, before);
                }
            }
            if (value != null) {
                aggregate = add(key, value, aggregate);
            }
            update(key, aggregate, before, newest, timestamp);
        }

        abstract @Nullable Object subtract(Object key, Object value, Object aggregate);

        abstract @Nullable Object add(Object key, Object value, @Nullable Object aggregate);
    }

    public static final class TableAggregate extends OfTable {
        private final Initializer<Object> initializer;
        private final Aggregator<Object, Object, Object> adder;
        private final Aggregator<Object, Object, Object> subtractor;

        public TableAggregate(
                Settings settings,
                Initializer<Object> initializer,
                Aggregator<Object, Object, Object> adder,
                Aggregator<Object, Object, Object> subtractor) {
            super(settings);
            this.initializer = initializer;
            this.adder = adder;
            this.subtractor = subtractor;
        }

        @Override
        @Nullable Object subtract(Object key, Object value, Object aggregate) {
            return subtractor.apply(key, value, aggregate);
        }

        @Override
        @Nullable Object add(Object key, Object value, @Nullable Object aggregate) {
            return adder.apply(
                    key, value, Erased.any(aggregate == null ? initializer.apply() : aggregate));
        }
    }

    public static final class TableReduce extends OfTable {
        private final Reducer<Object> adder;
        private final Reducer<Object> subtractor;

        public TableReduce(Settings settings, Reducer<Object> adder, Reducer<Object> subtractor) {
            super(settings);
            this.adder = adder;
            this.subtractor = subtractor;
        }

        @Override
        @Nullable Object subtract(Object key, Object value, Object aggregate) {
            return subtractor.apply(aggregate, value);
        }

        @Override
        @Nullable Object add(Object key, Object value, @Nullable Object aggregate) {
            return aggregate == null ? value : adder.apply(aggregate, value);
        }
    }
}
