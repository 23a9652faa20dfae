package dev.millrace.streams.internal.task;

import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An operator as a processor, for a wrapper to put its own around it.
 *
 * <pre>
 * WrappedNode -> processor of the wrapper -> Operator -> node of the DSL -> Bridge, one per child
 *      ^                                                                      |
 *      +------------------- context.forward(record) --------------------------+
 * </pre>
 *
 * Old values of tables go beside the records: a record is passed on in the call that brings it.
 */
public final class OperatorSupplier implements ProcessorSupplier<Object, Object, Object, Object> {
    private final Supplier<Node> node;

    /** What {@link #get} made on this thread last: the node takes it, to give it its task. */
    @SuppressWarnings("ThreadLocalUsage") // one per operator of a topology, emptied by takeMade
    private final ThreadLocal<@Nullable Operator> made = new ThreadLocal<>();

    public OperatorSupplier(Supplier<Node> node) {
        this.node = node;
    }

    @Override
    public Processor<Object, Object, Object, Object> get() {
        Operator operator = new Operator(node.get());
        made.set(operator);
        return operator;
    }

    @Nullable Operator takeMade() {
        Operator operator = made.get();
        made.remove();
        return operator;
    }

    /** Runs the node, whose output it gives to the context. */
    static final class Operator implements Processor<Object, Object, Object, Object> {
        private final Node node;
        private @Nullable ProcessorContext<Object, Object> context;
        private @Nullable TaskContext task;

        /** Of the record that comes next, and of the one forwarded last. */
        private @Nullable Object oldIn;

        private @Nullable Object oldOut;

        Operator(Node node) {
            this.node = node;
        }

        void enter(TaskContext taskContext, Node[] children) {
            task = taskContext;
            for (Node child : children) {
                Node bridge = new Bridge(children.length == 1 ? null : child.label());
                node.addChild(bridge);
            }
        }

        void replacing(@Nullable Object old) {
            oldIn = old;
        }

        @Nullable Object takeReplaced() {
            Object old = oldOut;
            oldOut = null;
            return old;
        }

        private TaskContext task() {
            if (task == null) {
                throw new IllegalStateException("The operator has no task");
            }
            return task;
        }

        @Override
        public void init(ProcessorContext<Object, Object> given) {
            context = given;
            node.init(task());
        }

        @Override
        public void process(Record<Object, Object> record) {
            Object old = oldIn;
            oldIn = null;
            task().headers(record.headers());
            @Nullable Object key = record.key();
            @Nullable Object value = record.value();
            node.process(key, value, old, record.timestamp());
        }

        @Override
        public void close() {
            node.close();
        }

        private final class Bridge extends Node {
            private final @Nullable String child;

            /**
             * @param child null for the only one
             */
            Bridge(@Nullable String child) {
                this.child = child;
            }

            @Override
            void process(
                    @Nullable Object key,
                    @Nullable Object value,
                    @Nullable Object old,
                    long timestamp) {
                ProcessorContext<Object, Object> to = Operator.this.context;
                if (to == null) {
                    throw new IllegalStateException("The operator is not initialised");
                }
                oldOut = old;
                Record<Object, Object> record =
                        new Record<>(key, value, timestamp, task().headers());
                if (child == null) {
                    to.forward(record);
                } else {
                    to.forward(record, child);
                }
                oldOut = null;
            }
        }
    }
}
