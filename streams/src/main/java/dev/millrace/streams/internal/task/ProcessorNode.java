package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Runs a processor written by hand. */
public final class ProcessorNode extends Node {
    private final String name;
    private final ProcessorSupplier<Object, Object, Object, Object> supplier;
    private Set<String> storeNames = Set.of();
    private Map<String, Node> childrenByName = Map.of();
    private @Nullable Processor<Object, Object, Object, Object> processor;

    public ProcessorNode(String name, ProcessorSupplier<Object, Object, Object, Object> supplier) {
        this.name = name;
        this.supplier = supplier;
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
        fresh.init(new Context());
        processor = fresh;
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        if (processor == null) {
            throw new IllegalStateException("Processor " + name + " is not initialised");
        }
        processor.process(new Record<>(key, value, timestamp, context.headers()));
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

    private final class Context extends NodeContext implements ProcessorContext<Object, Object> {
        Context() {
            super(name, context, storeNames);
        }

        @Override
        public <K, V> void forward(Record<K, V> record) {
            Headers before = context.headers();
            context.headers(record.headers());
            ProcessorNode.this.forward(record.key(), record.value(), null, record.timestamp());
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
            child.take(record.key(), record.value(), null, record.timestamp());
            context.headers(before);
        }
    }
}
