package dev.millrace.streams.kstream;

import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * How a stream or table is grouped: serdes and name of the repartition topic, when one is needed.
 * Immutable.
 */
public class Grouped<K, V> {
    private final @Nullable String name;
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;

    private Grouped(
            @Nullable String name, @Nullable Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        this.name = name;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
    }

    public static <K, V> Grouped<K, V> as(String name) {
        return new Grouped<>(Named.validate(name), null, null);
    }

    public static <K, V> Grouped<K, V> keySerde(Serde<K> keySerde) {
        return new Grouped<>(null, keySerde, null);
    }

    public static <K, V> Grouped<K, V> valueSerde(Serde<V> valueSerde) {
        return new Grouped<>(null, null, valueSerde);
    }

    public static <K, V> Grouped<K, V> with(
            String name, @Nullable Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        return new Grouped<>(Named.validate(name), keySerde, valueSerde);
    }

    public static <K, V> Grouped<K, V> with(
            @Nullable Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        return new Grouped<>(null, keySerde, valueSerde);
    }

    public Grouped<K, V> withName(String name) {
        return new Grouped<>(Named.validate(name), keySerde, valueSerde);
    }

    public Grouped<K, V> withKeySerde(@Nullable Serde<K> keySerde) {
        return new Grouped<>(name, keySerde, valueSerde);
    }

    public Grouped<K, V> withValueSerde(@Nullable Serde<V> valueSerde) {
        return new Grouped<>(name, keySerde, valueSerde);
    }

    public @Nullable String name() {
        return name;
    }

    public @Nullable Serde<K> keySerde() {
        return keySerde;
    }

    public @Nullable Serde<V> valueSerde() {
        return valueSerde;
    }
}
