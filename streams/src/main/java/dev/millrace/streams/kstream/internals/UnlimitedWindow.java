package dev.millrace.streams.kstream.internals;

import dev.millrace.streams.kstream.Window;

/** From start to the end of time; milliseconds since the epoch. */
public class UnlimitedWindow extends Window {
    public UnlimitedWindow(long startMs) {
        super(startMs, Long.MAX_VALUE);
    }

    @Override
    public boolean overlap(Window other) {
        WindowTypes.requireSame(this, other);
        return true;
    }
}
