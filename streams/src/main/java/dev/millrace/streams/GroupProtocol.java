package dev.millrace.streams;

import java.util.Locale;

/** How the instances of an application find together: the values of {@code group.protocol}. */
public enum GroupProtocol {
    CLASSIC("CLASSIC"),
    STREAMS("STREAMS");

    public final String name;

    GroupProtocol(String name) {
        this.name = name;
    }

    /** In any case. */
    public static GroupProtocol of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
