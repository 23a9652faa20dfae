package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.kstream.ValueJoinerWithKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Joins of two streams. Each record is kept in a store of windows, and looks for partners in the
 * other one. In left and outer joins a record without a partner waits in a third store until its
 * window has closed.
 */
public final class StreamJoinNodes {
    private static final String EMIT_INTERVAL =
            "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__";
    private static final long DEFAULT_EMIT_INTERVAL_MS = 1000;

    private StreamJoinNodes() {}

    /** What the two sides of a join in a task share. */
    private static final class Shared {
        long streamTime = -1;
        long earliestWaiting = Long.MAX_VALUE;
        long nextEmitMs;
    }

    /** Keeps a record in its side's store. */
    public static final class Keep extends Node {
        private final String storeName;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private RowStore rows;

        public Keep(String storeName) {
            this.storeName = storeName;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            rows = context.rows(storeName);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            // First joined, then kept: in a join with itself a record meets itself once.
            forward(key, value, null, timestamp);
            if (key != null && value != null) {
                rows.updateWindow(key, value, timestamp, timestamp);
            }
        }
    }

    /**
     * @param left whether the node takes records of the left stream
     * @param outer whether its records without partners are results
     * @param beforeMs how much earlier a partner may be
     * @param afterMs how much later
     * @param windowBeforeMs of the join's windows, whatever the side
     * @param windowAfterMs of the join's windows, whatever the side
     * @param waitingStore null when nothing waits
     * @param joinId the same for both sides
     */
    public record Settings(
            String joinId,
            boolean left,
            boolean outer,
            long beforeMs,
            long afterMs,
            long windowBeforeMs,
            long windowAfterMs,
            long graceMs,
            String otherStore,
            @Nullable String waitingStore,
            ValueJoinerWithKey<Object, Object, Object, Object> joiner) {}

    /** Joins the records of one side. */
    public static final class Side extends Node {
        private final Settings settings;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private RowStore others;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private Shared shared;

        private @Nullable RowStore waiting;
        private long emitIntervalMs;

        public Side(Settings settings) {
            this.settings = settings;
        }

        private record Partner(long timestamp, Object value) {}

        @Override
        void saveMarks() {
            context.markTime(settings.joinId(), shared.streamTime);
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            others = context.rows(settings.otherStore());
            shared = context.shared(settings.joinId(), Shared::new);
            shared.streamTime = context.markedTime(settings.joinId());
            if (settings.waitingStore() != null) {
                waiting = context.rows(settings.waitingStore());
                // The task may have been elsewhere: what it finds there waits.
                List<WaitingKey> keys = new ArrayList<>();
                waiting.forEachRow((key, value, at) -> keys.add((WaitingKey) key));
                keys.forEach(
                        key ->
                                shared.earliestWaiting =
                                        Math.min(shared.earliestWaiting, key.timestamp()));
            }
            Object interval = context.config().originals().get(EMIT_INTERVAL);
            emitIntervalMs =
                    interval == null
                            ? DEFAULT_EMIT_INTERVAL_MS
                            : Long.parseLong(interval.toString());
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            shared.streamTime = Math.max(shared.streamTime, timestamp);
            if (settings.outer() && key == null && value != null) {
                forward(null, join(null, value, null), null, timestamp);
                return;
            }
            if (key == null || value == null) {
                context.dropped("null key or value");
                return;
            }
            if (timestamp == shared.streamTime) {
                emitWithoutPartner();
            }
            long from = Math.max(0, timestamp - settings.beforeMs());
            long to = Math.max(0, timestamp + settings.afterMs());
            List<Partner> partners = new ArrayList<>();
            others.forEachWindow(
                    key, from, to, (start, other, at) -> partners.add(new Partner(start, other)));
            for (Partner partner : partners) {
                if (waiting != null) {
                    WaitingKey met = new WaitingKey(partner.timestamp(), !settings.left(), key);
                    if (waiting.get(met) != null) {
                        waiting.update(met, null, null, partner.timestamp());
                    }
                }
                forward(
                        key,
                        join(key, value, partner.value()),
                        null,
                        Math.max(timestamp, partner.timestamp()));
            }
            if (settings.outer() && partners.isEmpty()) {
                if (waiting == null || to < shared.streamTime) {
                    forward(key, join(key, value, null), null, timestamp);
                } else {
                    await(waiting, key, value, timestamp);
                }
            }
        }

        private void await(RowStore store, Object key, Object value, long timestamp) {
            shared.earliestWaiting = Math.min(shared.earliestWaiting, timestamp);
            WaitingKey waitingKey = new WaitingKey(timestamp, settings.left(), key);
            List<Object> values = new ArrayList<>();
            Object present = store.get(waitingKey);
            if (present != null) {
                ((WaitingValues) present).forEach(values::add);
            }
            values.add(value);
            store.update(waitingKey, new WaitingValues(settings.left(), values), null, timestamp);
        }

        private @Nullable Object join(
                @Nullable Object key, @Nullable Object value, @Nullable Object other) {
            return settings.joiner().apply(Erased.any(key), Erased.any(value), Erased.any(other));
        }

        /** Lets those go whose windows have closed, in the order of their timestamps. */
        private void emitWithoutPartner() {
            RowStore store = waiting;
            if (store == null
                    || shared.earliestWaiting == Long.MAX_VALUE
                    || shared.earliestWaiting + settings.afterMs() + settings.graceMs()
                            >= shared.streamTime
                    || context.wallClockMs() < shared.nextEmitMs) {
                return;
            }
            shared.nextEmitMs = context.wallClockMs() + emitIntervalMs;
            Map<WaitingKey, WaitingValues> closed = new LinkedHashMap<>();
            long[] earliest = {Long.MAX_VALUE};
            store.forEachRow(
                    (key, value, at) -> {
                        WaitingKey waitingKey = (WaitingKey) key;
                        long wait =
                                waitingKey.left()
                                        ? settings.windowAfterMs()
                                        : settings.windowBeforeMs();
                        if (waitingKey.timestamp() + wait + settings.graceMs()
                                >= shared.streamTime) {
                            earliest[0] = Math.min(earliest[0], waitingKey.timestamp());
                        } else {
                            closed.put(waitingKey, (WaitingValues) value);
                        }
                    });
            shared.earliestWaiting = earliest[0];
            closed.forEach(
                    (key, values) -> {
                        for (Object value : values) {
                            boolean own = key.left() == settings.left();
                            forward(
                                    key.key(),
                                    own
                                            ? join(key.key(), value, null)
                                            : join(key.key(), null, value),
                                    null,
                                    key.timestamp());
                        }
                        store.update(key, null, null, key.timestamp());
                    });
        }
    }

    /** A join of a stream with itself: one store serves both sides. */
    public static final class Self extends Node {
        private final Settings settings;
        private final long retentionMs;
        private long streamTime = -1;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private RowStore others;

        /**
         * @param retentionMs of the store
         */
        public Self(Settings settings, long retentionMs) {
            this.settings = settings;
            this.retentionMs = retentionMs;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            others = context.rows(settings.otherStore());
            streamTime = context.markedTime(settings.joinId());
        }

        @Override
        void saveMarks() {
            context.markTime(settings.joinId(), streamTime);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null || value == null) {
                context.dropped("null key or value");
                return;
            }
            streamTime = Math.max(streamTime, timestamp);
            boolean withSelf = timestamp > streamTime - retentionMs + 1;
            // As left record, with all that came before it.
            for (Side.Partner partner :
                    find(key, timestamp - settings.beforeMs(), timestamp + settings.afterMs())) {
                forward(
                        key,
                        settings.joiner().apply(key, value, partner.value()),
                        null,
                        Math.max(timestamp, partner.timestamp()));
            }
            // As right record; with itself where that comes in the order of timestamps.
            for (Side.Partner partner :
                    find(key, timestamp - settings.afterMs(), timestamp + settings.beforeMs())) {
                if (partner.timestamp() > timestamp && withSelf) {
                    withSelf = false;
                    forward(key, settings.joiner().apply(key, value, value), null, timestamp);
                }
                forward(
                        key,
                        settings.joiner().apply(key, partner.value(), value),
                        null,
                        Math.max(timestamp, partner.timestamp()));
            }
            if (withSelf) {
                forward(key, settings.joiner().apply(key, value, value), null, timestamp);
            }
        }

        private List<Side.Partner> find(Object key, long from, long to) {
            List<Side.Partner> partners = new ArrayList<>();
            others.forEachWindow(
                    key,
                    Math.max(0, from),
                    Math.max(0, to),
                    (start, other, at) -> partners.add(new Side.Partner(start, other)));
            return partners;
        }
    }
}
