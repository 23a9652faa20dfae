package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.StreamPartitioner;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * How a sink topic is written. Absent serdes are those of the stream, then of the configuration.
 * Immutable.
 */
public class Produced<K, V> {
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    private final @Nullable StreamPartitioner<? super K, ? super V> partitioner;
    private final @Nullable String name;

    private Produced(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            @Nullable StreamPartitioner<? super K, ? super V> partitioner,
            @Nullable String name) {
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.partitioner = partitioner;
        this.name = name;
    }

    public static <K, V> Produced<K, V> with(
            @Nullable Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        return new Produced<>(keySerde, valueSerde, null, null);
    }

    public static <K, V> Produced<K, V> with(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            @Nullable StreamPartitioner<? super K, ? super V> partitioner) {
        return new Produced<>(keySerde, valueSerde, partitioner, null);
    }

    public static <K, V> Produced<K, V> keySerde(Serde<K> keySerde) {
        return new Produced<>(keySerde, null, null, null);
    }

    public static <K, V> Produced<K, V> valueSerde(Serde<V> valueSerde) {
        return new Produced<>(null, valueSerde, null, null);
    }

    public static <K, V> Produced<K, V> streamPartitioner(
            StreamPartitioner<? super K, ? super V> partitioner) {
        return new Produced<>(null, null, partitioner, null);
    }

    public static <K, V> Produced<K, V> as(String name) {
        return new Produced<>(null, null, null, Named.validate(name));
    }

    public Produced<K, V> withKeySerde(@Nullable Serde<K> keySerde) {
        return new Produced<>(keySerde, valueSerde, partitioner, name);
    }

    public Produced<K, V> withValueSerde(@Nullable Serde<V> valueSerde) {
        return new Produced<>(keySerde, valueSerde, partitioner, name);
    }

    public Produced<K, V> withStreamPartitioner(
            @Nullable StreamPartitioner<? super K, ? super V> partitioner) {
        return new Produced<>(keySerde, valueSerde, partitioner, name);
    }

    public Produced<K, V> withName(String name) {
        return new Produced<>(keySerde, valueSerde, partitioner, Named.validate(name));
    }

    public @Nullable Serde<K> keySerde() {
        return keySerde;
    }

    public @Nullable Serde<V> valueSerde() {
        return valueSerde;
    }

    public @Nullable StreamPartitioner<? super K, ? super V> partitioner() {
        return partitioner;
    }

    public @Nullable String name() {
        return name;
    }
}
