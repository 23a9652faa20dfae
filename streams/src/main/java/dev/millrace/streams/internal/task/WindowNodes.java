package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.Merger;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.TimeWindows;
import dev.millrace.streams.kstream.Window;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.Windows;
import dev.millrace.streams.kstream.internals.SessionWindow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Aggregations over windows. Time is the highest timestamp that the node has seen; a record that
 * comes after all its windows have closed is dropped, before and after a restart: the time is
 * committed with the positions of the sources, and so is that up to which closed windows were
 * emitted, as a mark under the store's name.
 */
public final class WindowNodes {
    private WindowNodes() {}

    /**
     * @param emitsFinal one result per window, when it closes; otherwise one per update
     * @param graceMs after the end of a window
     */
    public record Settings(
            AggregateNodes.Settings rows,
            boolean emitsFinal,
            long graceMs,
            Initializer<Object> initializer,
            Aggregator<Object, Object, Object> aggregator) {}

    abstract static class Windowing extends Node {
        private static final String EMIT_INTERVAL =
                "__emit.interval.ms.kstreams.windowed.aggregation__";
        private static final long DEFAULT_EMIT_INTERVAL_MS = 1000;

        final Settings settings;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        RowStore rows;

        long observedTime = -1;
        long lastEmitTime = -1;
        private long emitIntervalMs;
        private long nextEmitMs;

        Windowing(Settings settings) {
            this.settings = settings;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            rows = context.rows(settings.rows().storeName());
            observedTime = context.markedTime(settings.rows().storeName());
            if (settings.emitsFinal()) {
                Long told = context.mark(settings.rows().storeName());
                if (told != null) {
                    lastEmitTime = told;
                    // Where Kafka Streams has said it: it keeps no time of its nodes.
                    observedTime = Math.max(observedTime, told + closesAfterMs());
                }
                Object interval = context.config().originals().get(EMIT_INTERVAL);
                emitIntervalMs =
                        interval == null
                                ? DEFAULT_EMIT_INTERVAL_MS
                                : Long.parseLong(interval.toString());
            } else {
                rows.emitChanges(this::emit, settings.rows().sendOldValues());
            }
        }

        @Override
        final void saveMarks() {
            context.markTime(settings.rows().storeName(), observedTime);
        }

        private void emit(
                Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
            forward(key, value, old, timestamp);
        }

        final void update(
                Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp,
                long recordTimestamp) {
            rows.update(
                    key,
                    value,
                    settings.rows().sendOldValues() ? old : null,
                    timestamp,
                    recordTimestamp);
        }

        final @Nullable Object aggregate(
                Object key, @Nullable Object value, @Nullable Object aggregate) {
            return settings.aggregator().apply(key, Erased.any(value), Erased.any(aggregate));
        }

        /**
         * @param closeTime windows that end before or at it are closed
         * @param from least time in the store of a window to emit
         * @param to greatest
         */
        final void emitFinalNowAndThen(long closeTime, long from, long to) {
            boolean throttled = context.wallClockMs() < nextEmitMs;
            // What is past retention leaves the store: it must be told before.
            if (throttled && closeTime - Math.max(0, lastEmitTime) <= settings.graceMs()) {
                return;
            }
            nextEmitMs = context.wallClockMs() + emitIntervalMs;
            emitFinal(closeTime, from, to);
        }

        final void emitFinal(long closeTime, long from, long to) {
            if (!settings.emitsFinal()) {
                return;
            }
            if ((lastEmitTime != -1 && lastEmitTime >= closeTime) || to < 0) {
                return;
            }
            for (Closed closed : closed(from, to)) {
                forward(closed.key(), closed.value(), null, closed.timestamp());
            }
            lastEmitTime = closeTime;
            context.mark(settings.rows().storeName(), closeTime);
        }

        /** Between the time that was observed and the end of the windows that are closed then. */
        long closesAfterMs() {
            return settings.graceMs();
        }

        private List<Closed> closed(long from, long to) {
            List<Closed> closed = new ArrayList<>();
            rows.forEachTimed(
                    from,
                    to,
                    (key, value, timestamp) -> {
                        Windowed<?> windowed = (Windowed<?>) key;
                        closed.add(closed(windowed, value, timestamp));
                    });
            closed.sort(Comparator.comparingLong(each -> each.order()));
            return closed;
        }

        abstract Closed closed(Windowed<?> key, Object value, long timestamp);
    }

    /** The last result of a window. */
    record Closed(Windowed<?> key, Object value, long timestamp, long order) {}

    /** Fixed windows. */
    public static final class OfTime extends Windowing {
        private final Windows<? extends Window> windows;

        public OfTime(Settings settings, Windows<? extends Window> windows) {
            super(settings);
            this.windows = windows;
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
            observedTime = Math.max(observedTime, timestamp);
            long closeTime = observedTime - settings.graceMs();
            long size = windows.size();
            long advance = windows instanceof TimeWindows hopping ? hopping.advanceMs : 1;
            // Not throttled: most records close no window, and that is quick to see.
            if (lastEmitTime == -1
                    || Math.floorDiv(closeTime - size, advance)
                            > Math.floorDiv(lastEmitTime - size, advance)) {
                emitFinal(
                        closeTime,
                        lastEmitTime == -1 ? 0 : Math.max(0, lastEmitTime - size + 1),
                        closeTime - size);
            }
            for (Map.Entry<Long, ? extends Window> entry :
                    windows.windowsFor(timestamp).entrySet()) {
                Window window = entry.getValue();
                if (window.end() <= closeTime) {
                    context.dropped("expired window");
                    continue;
                }
                Windowed<Object> windowed = new Windowed<>(key, window);
                Object before = rows.get(windowed);
                long newest = timestamp;
                if (before == null) {
                    before = settings.initializer().apply();
                } else {
                    newest = Math.max(timestamp, rows.timestampOfLastGet());
                }
                update(windowed, aggregate(key, value, before), before, newest, timestamp);
            }
        }

        @Override
        Closed closed(Windowed<?> key, Object value, long timestamp) {
            Window window = null;
            long start = key.window().start();
            // The store knows where a window begins; the windows know its kind.
            for (Map.Entry<Long, ? extends Window> each : windows.windowsFor(start).entrySet()) {
                if (each.getKey() == start) {
                    window = each.getValue();
                }
            }
            Windowed<?> closed = window == null ? key : new Windowed<>(key.key(), window);
            return new Closed(closed, value, timestamp, start);
        }
    }

    /** Sessions. */
    public static final class OfSessions extends Windowing {
        private final SessionWindows windows;
        private final Merger<Object, Object> merger;

        public OfSessions(
                Settings settings, SessionWindows windows, Merger<Object, Object> merger) {
            super(settings);
            this.windows = windows;
            this.merger = merger;
        }

        private record Session(Windowed<Object> key, Object value) {}

        @Override
        long closesAfterMs() {
            return settings.graceMs() + windows.inactivityGap();
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
            observedTime = Math.max(observedTime, timestamp);
            long gapMs = windows.inactivityGap();
            long closeTime = observedTime - closesAfterMs();
            emitFinalNowAndThen(closeTime, Math.max(0, lastEmitTime), closeTime - 1);
            List<Session> merged = new ArrayList<>();
            rows.forEachSession(
                    key,
                    timestamp - gapMs,
                    timestamp + gapMs,
                    (found, aggregate) -> merged.add(new Session(found, aggregate)));
            long start = timestamp;
            long end = timestamp;
            Object aggregate = settings.initializer().apply();
            for (Session session : merged) {
                aggregate = merger.apply(key, Erased.any(aggregate), session.value());
                start = Math.min(start, session.key().window().start());
                end = Math.max(end, session.key().window().end());
            }
            if (end < closeTime) {
                context.dropped("expired window");
            } else {
                if (start != timestamp || end != timestamp) {
                    for (Session session : merged) {
                        long sessionEnd = session.key().window().end();
                        update(session.key(), null, session.value(), sessionEnd, sessionEnd);
                    }
                }
                Windowed<Object> windowed = new Windowed<>(key, new SessionWindow(start, end));
                update(windowed, aggregate(key, value, aggregate), null, end, end);
            }
        }

        @Override
        Closed closed(Windowed<?> key, Object value, long timestamp) {
            return new Closed(key, value, key.window().end(), key.window().end());
        }
    }
}
