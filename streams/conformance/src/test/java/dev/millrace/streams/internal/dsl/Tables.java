package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.kstream.KTable;

/** What Kafka Streams' tests ask of its table class. */
public final class Tables {
    private Tables() {}

    public static String name(KTable<?, ?> table) {
        return ((TableImpl<?, ?>) table).name;
    }

    public static boolean sendsOldValues(KTable<?, ?> table) {
        return ((TableImpl<?, ?>) table).operator.sendsOldValues();
    }

    public static boolean sendOldValues(KTable<?, ?> table, boolean force) {
        return ((TableImpl<?, ?>) table).operator.sendOldValues(force);
    }
}
