package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.kstream.internals.Change;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Runs a processor written by hand, or what a wrapper made of an operator. */
public final class ProcessorNode extends Node {
    private final String name;
    private final ProcessorSupplier<Object, Object, Object, Object> supplier;
    private Set<String> storeNames = Set.of();
    private Map<String, Node> childrenByName = Map.of();
    private final @Nullable OperatorSupplier operators;
    private boolean behindTable;
    private @Nullable Processor<Object, Object, Object, Object> processor;
    private OperatorSupplier.@Nullable Operator operator;

    public ProcessorNode(String name, ProcessorSupplier<Object, Object, Object, Object> supplier) {
        this(name, supplier, null);
    }

    /**
     * @param operators what the supplier was made of by a wrapper; null: a program's own
     */
    public ProcessorNode(
            String name,
            ProcessorSupplier<Object, Object, Object, Object> supplier,
            @Nullable OperatorSupplier operators) {
        this.name = name;
        this.supplier = supplier;
        this.operators = operators;
    }

    /** The processor gets changes of rows, new values with old ones. */
    public ProcessorNode behindTable() {
        behindTable = true;
        return this;
    }

    void connect(Set<String> storeNames, Map<String, Node> childrenByName) {
        this.storeNames = storeNames;
        this.childrenByName = childrenByName;
    }

    @Override
    void init(TaskContext context) {
        super.init(context);
        Processor<Object, Object, Object, Object> fresh = supplier.get();
        if (fresh == null) {
            throw new StreamsException("The supplier of processor " + name + " returned null");
        }
        if (operators != null) {
            operator = operators.takeMade();
            if (operator != null) {
                operator.enter(context, children());
            }
        }
        fresh.init(new Context());
        processor = fresh;
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        if (processor == null) {
            throw new IllegalStateException("Processor " + name + " is not initialised");
        }
        if (operator != null) {
            operator.replacing(old);
        }
        Object given = behindTable ? new Change<>(value, old) : value;
        processor.process(new Record<>(key, given, timestamp, context.headers()));
    }

    @Override
    boolean seesOffsets() {
        return true;
    }

    @Override
    void close() {
        if (processor != null) {
            processor.close();
            processor = null;
        }
    }

    private @Nullable Object replaced() {
        return operator == null ? null : operator.takeReplaced();
    }

    private final class Context extends NodeContext implements ProcessorContext<Object, Object> {
        Context() {
            super(name, context, storeNames);
        }

        @Override
        public <K, V> void forward(Record<K, V> record) {
            Headers before = context.headers();
            context.headers(record.headers());
            ProcessorNode.this.forward(
                    record.key(), record.value(), replaced(), record.timestamp());
            context.headers(before);
        }

        @Override
        public <K, V> void forward(Record<K, V> record, String childName) {
            Node child = childrenByName.get(childName);
            if (child == null) {
                throw new StreamsException(
                        "Unknown downstream node: "
                                + childName
                                + " either does not exist or is not connected to "
                                + name);
            }
            Headers before = context.headers();
            context.headers(record.headers());
            child.take(record.key(), record.value(), replaced(), record.timestamp());
            context.headers(before);
        }
    }
}
