package dev.millrace.streams.state.internals;

/** Windows on the heap. */
public final class InMemoryWindowStore extends ShownStore {
    InMemoryWindowStore(String name) {
        super(name, false);
    }
}
