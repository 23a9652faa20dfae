package dev.millrace.streams.kstream.internals;

import dev.millrace.streams.kstream.Window;

/** From start, inclusive, to end, exclusive; milliseconds since the epoch. */
public class TimeWindow extends Window {
    public TimeWindow(long startMs, long endMs) {
        super(startMs, endMs);
        if (startMs == endMs) {
            throw new IllegalArgumentException(
                    "Window endMs must be greater than window startMs: both are " + startMs);
        }
    }

    @Override
    public boolean overlap(Window other) {
        WindowTypes.requireSame(this, other);
        return startMs < other.end() && other.start() < endMs;
    }
}
