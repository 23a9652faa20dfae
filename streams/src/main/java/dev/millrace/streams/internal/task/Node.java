package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import org.jspecify.annotations.Nullable;

/** A step of a task. Calls its children directly; used by the task's thread only. */
public abstract class Node {
    private static final Node[] NONE = {};

    private Node[] children = NONE;
    private String label = "";

    @SuppressWarnings("NullAway.Init") // set by init, before the first record
    protected TaskContext context;

    /** As {@code Topology.describe()} names the node. */
    final void label(String name) {
        label = name;
    }

    final String label() {
        return label;
    }

    final void addChild(Node child) {
        Node[] more = java.util.Arrays.copyOf(children, children.length + 1);
        more[children.length] = child;
        children = more;
    }

    final Node[] children() {
        return children;
    }

    void init(TaskContext context) {
        this.context = context;
    }

    /**
     * @param old on the edge of a table: the value that {@code value} replaces, where it is asked
     *     for; null on the edge of a stream
     * @param timestamp milliseconds since the epoch
     */
    abstract void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp);

    final void forward(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        for (Node child : children) {
            child.take(key, value, old, timestamp);
        }
    }

    /** Processes, and asks the handler when that fails. */
    final void take(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        try {
            process(key, value, old, timestamp);
        } catch (StreamsException e) {
            throw e; // about more than this record, or decided already
        } catch (RuntimeException e) {
            context.failed(label, key, value, timestamp, e);
        }
    }

    /** Whether it shows the offset of the record in hand to code of the program. */
    boolean seesOffsets() {
        return false;
    }

    /**
     * Says how far the node has come, with {@link TaskContext#mark}: to be committed with the
     * positions. Called before each commit; {@link #init} finds it again.
     */
    void saveMarks() {}

    void close() {}
}
