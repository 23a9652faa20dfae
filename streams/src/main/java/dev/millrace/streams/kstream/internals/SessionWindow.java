package dev.millrace.streams.kstream.internals;

import dev.millrace.streams.kstream.Window;

/** From the first to the last record of a session, both inclusive; milliseconds since the epoch. */
public final class SessionWindow extends Window {
    public SessionWindow(long startMs, long endMs) {
        super(startMs, endMs);
    }

    @Override
    public boolean overlap(Window other) {
        WindowTypes.requireSame(this, other);
        return startMs <= other.end() && other.start() <= endMs;
    }
}
