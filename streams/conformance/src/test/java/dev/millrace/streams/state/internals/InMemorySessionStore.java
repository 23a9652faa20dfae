package dev.millrace.streams.state.internals;

/** Sessions on the heap. */
public final class InMemorySessionStore extends ShownStore {
    InMemorySessionStore(String name) {
        super(name, false);
    }
}
