package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.PlainView;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.TimestampedView;
import dev.millrace.streams.processor.Cancellable;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.Punctuator;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.processor.api.RecordMetadata;
import java.io.File;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serde;
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
    void close() {
        if (processor != null) {
            processor.close();
            processor = null;
        }
    }

    private final class Context implements ProcessorContext<Object, Object> {
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

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Kafka Streams' signature
        public <S extends StateStore> S getStateStore(String storeName) {
            if (!storeNames.contains(storeName)) {
                throw new StreamsException(
                        "Processor "
                                + name
                                + " has no access to StateStore "
                                + storeName
                                + " as the store is not connected to the processor. Name it when the processor is"
                                + " added, or call connectProcessorAndStateStores().");
            }
            RowStore rows = context.rows(storeName);
            StateStore view =
                    rows.timestamped()
                            ? new TimestampedView(rows)
                            : new PlainView(rows, context::recordTimestamp);
            return Erased.cast(view);
        }

        @Override
        public Cancellable schedule(Duration interval, PunctuationType type, Punctuator callback) {
            return context.schedule(interval.toMillis(), type, callback);
        }

        @Override
        public void commit() {
            context.requestCommit();
        }

        @Override
        public Optional<RecordMetadata> recordMetadata() {
            ConsumerRecord<byte[], byte[]> origin = context.origin();
            return origin == null
                    ? Optional.empty()
                    : Optional.of(
                            new Metadata(origin.topic(), origin.partition(), origin.offset()));
        }

        @Override
        public String applicationId() {
            return context.config().applicationId();
        }

        @Override
        public TaskId taskId() {
            return context.taskId();
        }

        @Override
        public Serde<?> keySerde() {
            return context.config().defaultKeySerde();
        }

        @Override
        public Serde<?> valueSerde() {
            return context.config().defaultValueSerde();
        }

        @Override
        public File stateDir() {
            return context.stateDirectory().toFile();
        }

        @Override
        public long currentSystemTimeMs() {
            return context.wallClockMs();
        }

        @Override
        public long currentStreamTimeMs() {
            return context.streamTime();
        }

        @Override
        public Map<String, Object> appConfigs() {
            return context.config().originals();
        }
    }

    private record Metadata(String topic, int partition, long offset) implements RecordMetadata {}
}
