package dev.millrace.streams.state;

import dev.millrace.streams.processor.StateStore;
import java.util.Map;

/** A store to be added to a topology. */
public interface StoreBuilder<T extends StateStore> {
    StoreBuilder<T> withCachingEnabled();

    StoreBuilder<T> withCachingDisabled();

    StoreBuilder<T> withLoggingEnabled(Map<String, String> config);

    StoreBuilder<T> withLoggingDisabled();

    /** A store of its own, to be initialised before use. */
    T build();

    Map<String, String> logConfig();

    boolean loggingEnabled();

    String name();
}
