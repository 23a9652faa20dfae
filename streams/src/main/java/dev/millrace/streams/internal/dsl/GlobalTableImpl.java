package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.kstream.GlobalKTable;
import org.jspecify.annotations.Nullable;

/** A table that every instance has whole. */
record GlobalTableImpl<K, V>(String storeName, @Nullable String queryableStoreName)
        implements GlobalKTable<K, V> {}
