package dev.millrace.streams;

import java.util.Locale;

/** What the stores of the DSL keep with a value. */
public enum DslStoreFormat {
    /** Nothing. */
    PLAIN("PLAIN"),
    /** The timestamp of its last update. */
    TIMESTAMPED("TIMESTAMPED"),
    /** The timestamp and the headers of the record of its last update (KIP-1271). */
    HEADERS("HEADERS");

    public final String name;

    DslStoreFormat(String name) {
        this.name = name;
    }

    /** In any case. */
    public static DslStoreFormat of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
