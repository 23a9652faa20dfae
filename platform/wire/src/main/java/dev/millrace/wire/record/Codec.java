package dev.millrace.wire.record;

import java.util.Locale;

/** How the records of a batch are compressed. */
public enum Codec {
    NONE(0),
    GZIP(1),
    SNAPPY(2),
    LZ4(3),
    ZSTD(4);

    private static final Codec[] BY_ID = values();

    static final int MAX_ID = BY_ID.length - 1;

    private final int id;

    Codec(int id) {
        this.id = id;
    }

    /** As in the attributes of a batch. */
    public int id() {
        return id;
    }

    /** As in {@code compression.type}. */
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Codec forId(int id) {
        return BY_ID[id];
    }

    /**
     * @param name a value of {@code compression.type} other than {@code producer}; {@code
     *     uncompressed} is {@link #NONE}
     */
    public static Codec forConfigName(String name) {
        if (name.equals("uncompressed")) {
            return NONE;
        }
        for (Codec codec : BY_ID) {
            if (codec.configName().equals(name)) {
                return codec;
            }
        }
        throw new IllegalArgumentException(
                "compression.type: expected producer, uncompressed, none, gzip, snappy, lz4 or zstd,"
                        + " got "
                        + name);
    }
}
