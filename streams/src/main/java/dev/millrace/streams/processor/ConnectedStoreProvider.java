package dev.millrace.streams.processor;

import dev.millrace.streams.state.StoreBuilder;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Something that brings its stores along. */
public interface ConnectedStoreProvider {
    /** Stores that are added with it, and connected to it. */
    default @Nullable Set<StoreBuilder<?>> stores() {
        return null;
    }
}
