package dev.millrace.streams.kstream;

import dev.millrace.streams.AutoOffsetReset;
import dev.millrace.streams.Topology;
import dev.millrace.streams.processor.TimestampExtractor;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** How a source topic is read. Absent serdes are those of the configuration. Immutable. */
public class Consumed<K, V> {
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    private final @Nullable TimestampExtractor timestampExtractor;
    private final @Nullable AutoOffsetReset resetPolicy;
    private final @Nullable String name;

    private Consumed(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable AutoOffsetReset resetPolicy,
            @Nullable String name) {
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.timestampExtractor = timestampExtractor;
        this.resetPolicy = resetPolicy;
        this.name = name;
    }

    public static <K, V> Consumed<K, V> with(
            @Nullable Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        return new Consumed<>(keySerde, valueSerde, null, null, null);
    }

    public static <K, V> Consumed<K, V> with(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable AutoOffsetReset resetPolicy) {
        return new Consumed<>(keySerde, valueSerde, timestampExtractor, resetPolicy, null);
    }

    public static <K, V> Consumed<K, V> with(TimestampExtractor timestampExtractor) {
        return new Consumed<>(null, null, timestampExtractor, null, null);
    }

    public static <K, V> Consumed<K, V> with(AutoOffsetReset resetPolicy) {
        return new Consumed<>(null, null, null, resetPolicy, null);
    }

    @Deprecated
    public static <K, V> Consumed<K, V> with(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            @Nullable TimestampExtractor timestampExtractor,
            Topology.@Nullable AutoOffsetReset resetPolicy) {
        return new Consumed<>(keySerde, valueSerde, timestampExtractor, current(resetPolicy), null);
    }

    @Deprecated
    public static <K, V> Consumed<K, V> with(Topology.@Nullable AutoOffsetReset resetPolicy) {
        return new Consumed<>(null, null, null, current(resetPolicy), null);
    }

    @Deprecated
    public Consumed<K, V> withOffsetResetPolicy(Topology.@Nullable AutoOffsetReset resetPolicy) {
        return withOffsetResetPolicy(current(resetPolicy));
    }

    @SuppressWarnings("deprecation") // that is what it is for
    private static @Nullable AutoOffsetReset current(Topology.@Nullable AutoOffsetReset old) {
        if (old == null) {
            return null;
        }
        return old == Topology.AutoOffsetReset.EARLIEST
                ? AutoOffsetReset.earliest()
                : AutoOffsetReset.latest();
    }

    public static <K, V> Consumed<K, V> as(String name) {
        return new Consumed<>(null, null, null, null, Named.validate(name));
    }

    public Consumed<K, V> withKeySerde(@Nullable Serde<K> keySerde) {
        return new Consumed<>(keySerde, valueSerde, timestampExtractor, resetPolicy, name);
    }

    public Consumed<K, V> withValueSerde(@Nullable Serde<V> valueSerde) {
        return new Consumed<>(keySerde, valueSerde, timestampExtractor, resetPolicy, name);
    }

    public Consumed<K, V> withTimestampExtractor(@Nullable TimestampExtractor timestampExtractor) {
        return new Consumed<>(keySerde, valueSerde, timestampExtractor, resetPolicy, name);
    }

    public Consumed<K, V> withOffsetResetPolicy(@Nullable AutoOffsetReset resetPolicy) {
        return new Consumed<>(keySerde, valueSerde, timestampExtractor, resetPolicy, name);
    }

    public Consumed<K, V> withName(String name) {
        return new Consumed<>(
                keySerde, valueSerde, timestampExtractor, resetPolicy, Named.validate(name));
    }

    public @Nullable Serde<K> keySerde() {
        return keySerde;
    }

    public @Nullable Serde<V> valueSerde() {
        return valueSerde;
    }

    public @Nullable TimestampExtractor timestampExtractor() {
        return timestampExtractor;
    }

    public @Nullable AutoOffsetReset resetPolicy() {
        return resetPolicy;
    }

    public @Nullable String name() {
        return name;
    }
}
