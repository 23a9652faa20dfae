package dev.millrace.streams.internal.task;

import dev.millrace.streams.kstream.SlidingWindows;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.internals.TimeWindow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates over sliding windows. With a time difference d, the windows of a key are
 *
 * <pre>
 * [t - d, t]          for each record at t: its left window
 * [t + 1, t + 1 + d]  for each record at t that another one follows within it: its right window
 * [0, d]              for all records before d, whose left windows would begin before the epoch
 * </pre>
 *
 * A row's timestamp is that of the newest record in its window. Of the windows that begin before a
 * left window that is to be made, the last one has exactly its records; of those that begin at or
 * before a record, the last one has those of its right window.
 */
public final class SlidingNode extends WindowNodes.Windowing {
    private final long differenceMs;

    public SlidingNode(WindowNodes.Settings settings, SlidingWindows windows) {
        super(settings);
        this.differenceMs = windows.timeDifferenceMs();
    }

    private record Found(long start, Object value, long newest) {}

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        if (key == null || value == null) {
            context.dropped("null key or value");
            return;
        }
        observedTime = Math.max(observedTime, timestamp);
        long closeTime = observedTime - settings.graceMs();
        if (timestamp + differenceMs < closeTime) {
            context.dropped("expired window");
            return;
        }
        // Latest first.
        List<Found> windows = find(key, Math.max(0, timestamp - 2 * differenceMs), timestamp + 1);
        if (timestamp < differenceMs) {
            early(key, value, timestamp, closeTime, windows);
            return;
        }
        late(key, value, timestamp, closeTime, windows);
        emitFinalNowAndThen(
                closeTime,
                lastEmitTime == -1 ? 0 : Math.max(0, lastEmitTime - differenceMs),
                closeTime - differenceMs - 1);
    }

    private List<Found> find(Object key, long from, long to) {
        List<Found> windows = new ArrayList<>();
        rows.forEachWindow(
                key,
                from,
                to,
                (start, value, newest) -> windows.add(new Found(start, value, newest)));
        Collections.reverse(windows);
        return windows;
    }

    private void late(
            Object key, Object value, long timestamp, long closeTime, List<Found> windows) {
        Set<Long> starts = new HashSet<>();
        Found beforeLeft = null;
        Found atOrBefore = null;
        boolean leftExists = false;
        boolean rightExists = false;
        long previous = -1;
        for (Found window : windows) {
            starts.add(window.start());
            long end = window.start() + differenceMs;
            if (window.start() == timestamp + 1) {
                rightExists = true;
            } else if (end > timestamp) {
                if (atOrBefore == null) {
                    atOrBefore = window;
                }
                add(key, value, timestamp, closeTime, window);
            } else if (end == timestamp) {
                leftExists = true;
                add(key, value, timestamp, closeTime, window);
                if (window.newest() >= timestamp) {
                    return; // not the first record of its time: all windows are there
                }
                previous = window.newest();
            } else {
                beforeLeft = window;
                previous = window.newest();
                break;
            }
        }
        if (previous != -1
                && !starts.contains(previous + 1)
                && previous + 1 + differenceMs >= timestamp) {
            create(key, value, timestamp, closeTime, previous + 1, null);
        }
        if (!leftExists) {
            boolean hasOthers = beforeLeft != null && timestamp - differenceMs <= previous;
            create(
                    key,
                    value,
                    timestamp,
                    closeTime,
                    timestamp - differenceMs,
                    hasOthers ? beforeLeft : null);
        }
        if (!rightExists && atOrBefore != null && atOrBefore.newest() > timestamp) {
            createRight(key, timestamp, atOrBefore);
        }
    }

    /** A record before the first whole window: all of those share the window that begins at 0. */
    private void early(
            Object key, Object value, long timestamp, long closeTime, List<Found> latestFirst) {
        List<Found> windows = new ArrayList<>(latestFirst);
        Collections.reverse(windows);
        Set<Long> starts = new HashSet<>();
        Found combined = null;
        Found atOrBefore = null;
        boolean rightExists = false;
        long previous = -1;
        for (Found window : windows) {
            starts.add(window.start());
            if (window.start() == 0) {
                combined = window;
                if (window.newest() < timestamp) {
                    previous = window.newest();
                }
            } else if (window.start() <= timestamp) {
                atOrBefore = window;
                add(key, value, timestamp, closeTime, window);
            } else {
                rightExists = true;
            }
        }
        if (atOrBefore == null && combined != null && combined.newest() > timestamp) {
            atOrBefore = combined;
        }
        if (!rightExists && atOrBefore != null && atOrBefore.newest() > timestamp) {
            createRight(key, timestamp, atOrBefore);
        }
        if (previous != -1 && !starts.contains(previous + 1)) {
            create(key, value, timestamp, closeTime, previous + 1, null);
        }
        if (combined == null) {
            create(key, value, timestamp, closeTime, 0, null);
        } else {
            add(key, value, timestamp, closeTime, combined);
        }
    }

    private Windowed<Object> windowed(Object key, long start) {
        return new Windowed<>(key, new TimeWindow(start, start + differenceMs));
    }

    private void add(Object key, Object value, long timestamp, long closeTime, Found window) {
        if (window.start() + differenceMs < closeTime) {
            context.dropped("expired window");
            return;
        }
        update(
                windowed(key, window.start()),
                aggregate(key, value, window.value()),
                window.value(),
                Math.max(timestamp, window.newest()),
                timestamp);
    }

    /** A window of the record, and of those in another window. */
    private void create(
            Object key,
            Object value,
            long timestamp,
            long closeTime,
            long start,
            @Nullable Found others) {
        if (start + differenceMs < closeTime) {
            context.dropped("expired window");
            return;
        }
        Object before = others == null ? settings.initializer().apply() : others.value();
        update(windowed(key, start), aggregate(key, value, before), before, timestamp, timestamp);
    }

    /** A window without the record itself. */
    private void createRight(Object key, long timestamp, Found others) {
        update(
                windowed(key, timestamp + 1),
                others.value(),
                null,
                others.newest(),
                others.newest());
    }

    @Override
    WindowNodes.Closed closed(Windowed<?> key, Object value, long timestamp) {
        long start = key.window().start();
        return new WindowNodes.Closed(
                new Windowed<>(key.key(), new TimeWindow(start, start + differenceMs)),
                value,
                timestamp,
                start);
    }
}
