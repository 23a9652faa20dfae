package dev.millrace.streams.kstream.internals;

import dev.millrace.streams.kstream.Window;

/** Windows of different kinds have nothing to do with each other. */
final class WindowTypes {
    private WindowTypes() {}

    static void requireSame(Window one, Window other) {
        if (one.getClass() != other.getClass()) {
            throw new IllegalArgumentException(
                    "Cannot compare windows of different type. Other window has type "
                            + other.getClass()
                            + ", this one has "
                            + one.getClass()
                            + ".");
        }
    }
}
