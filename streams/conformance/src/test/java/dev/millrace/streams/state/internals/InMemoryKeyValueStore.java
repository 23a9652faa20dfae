package dev.millrace.streams.state.internals;

/** Rows on the heap. */
public final class InMemoryKeyValueStore extends ShownStore {
    InMemoryKeyValueStore(String name) {
        super(name, false);
    }
}
