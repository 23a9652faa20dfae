package dev.millrace.streams.processor;

/** State of one task. Used by the thread that runs the task, and by no other. */
public interface StateStore {
    String name();

    /**
     * Before the first use. A store of your own registers how it is restored; the built-in ones
     * need nothing.
     *
     * @param root the outermost store of this name
     */
    default void init(StateStoreContext context, StateStore root) {}

    /** Writes what is held back to the store below, without a promise of durability. */
    default void flush() {}

    void close();

    /** Whether it outlives the process on the local disk. */
    boolean persistent();

    boolean isOpen();
}
