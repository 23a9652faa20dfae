package dev.millrace.streams.processor;

/** State of one task. Used by the thread that runs the task, and by no other. */
public interface StateStore {
    String name();

    /** Writes what is held back to the store below, without a promise of durability. */
    void flush();

    void close();

    /** Whether it outlives the process on the local disk. */
    boolean persistent();

    boolean isOpen();
}
