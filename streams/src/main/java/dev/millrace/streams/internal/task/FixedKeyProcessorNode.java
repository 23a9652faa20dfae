package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.processor.api.FixedKeyProcessor;
import dev.millrace.streams.processor.api.FixedKeyProcessorContext;
import dev.millrace.streams.processor.api.FixedKeyProcessorSupplier;
import dev.millrace.streams.processor.api.FixedKeyRecord;
import dev.millrace.streams.processor.api.InternalFixedKeyRecordFactory;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.state.StoreBuilder;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs a processor that keeps keys as one that could change them. */
public final class FixedKeyProcessorNode {
    private FixedKeyProcessorNode() {}

    public static ProcessorSupplier<Object, Object, Object, Object> of(
            String name, FixedKeyProcessorSupplier<Object, Object, Object> supplier) {
        return new ProcessorSupplier<>() {
            @Override
            public Processor<Object, Object, Object, Object> get() {
                FixedKeyProcessor<Object, Object, Object> processor = supplier.get();
                if (processor == null) {
                    throw new StreamsException(
                            "The supplier of processor " + name + " returned null");
                }
                return new Unfixed(processor);
            }

            @Override
            public @Nullable Set<StoreBuilder<?>> stores() {
                return supplier.stores();
            }
        };
    }

    private static final class Unfixed implements Processor<Object, Object, Object, Object> {
        private final FixedKeyProcessor<Object, Object, Object> processor;

        Unfixed(FixedKeyProcessor<Object, Object, Object> processor) {
            this.processor = processor;
        }

        @Override
        public void init(ProcessorContext<Object, Object> context) {
            processor.init(new Context(context));
        }

        @Override
        public void process(Record<Object, Object> record) {
            processor.process(InternalFixedKeyRecordFactory.create(record));
        }

        @Override
        public void close() {
            processor.close();
        }
    }

    private static final class Context extends DelegatingContext
            implements FixedKeyProcessorContext<Object, Object> {
        private final ProcessorContext<Object, Object> context;

        Context(ProcessorContext<Object, Object> context) {
            super(context);
            this.context = context;
        }

        private static <K, V> Record<K, V> unfixed(FixedKeyRecord<K, V> record) {
            @Nullable K key = record.key();
            @Nullable V value = record.value();
            return new Record<>(key, value, record.timestamp(), record.headers());
        }

        @Override
        public <K, V> void forward(FixedKeyRecord<K, V> record) {
            context.forward(unfixed(record));
        }

        @Override
        public <K, V> void forward(FixedKeyRecord<K, V> record, String childName) {
            context.forward(unfixed(record), childName);
        }
    }
}
