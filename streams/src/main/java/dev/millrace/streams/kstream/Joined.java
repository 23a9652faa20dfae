package dev.millrace.streams.kstream;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** How a stream is joined with a table. Immutable. */
public class Joined<K, VLeft, VRight> implements NamedOperation<Joined<K, VLeft, VRight>> {
    protected final @Nullable Serde<K> keySerde;
    protected final @Nullable Serde<VLeft> leftValueSerde;
    protected final @Nullable Serde<VRight> rightValueSerde;
    protected final @Nullable String name;
    protected final @Nullable Duration gracePeriod;

    private Joined(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<VLeft> leftValueSerde,
            @Nullable Serde<VRight> rightValueSerde,
            @Nullable String name,
            @Nullable Duration gracePeriod) {
        this.keySerde = keySerde;
        this.leftValueSerde = leftValueSerde;
        this.rightValueSerde = rightValueSerde;
        this.name = name == null ? null : Named.validate(name);
        this.gracePeriod = gracePeriod;
    }

    protected Joined(Joined<K, VLeft, VRight> other) {
        this(
                other.keySerde,
                other.leftValueSerde,
                other.rightValueSerde,
                other.name,
                other.gracePeriod);
    }

    public static <K, VLeft, VRight> Joined<K, VLeft, VRight> with(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<VLeft> leftValueSerde,
            @Nullable Serde<VRight> rightValueSerde) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, null, null);
    }

    public static <K, VLeft, VRight> Joined<K, VLeft, VRight> with(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<VLeft> leftValueSerde,
            @Nullable Serde<VRight> rightValueSerde,
            @Nullable String name) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, name, null);
    }

    public static <K, VLeft, VRight> Joined<K, VLeft, VRight> with(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<VLeft> leftValueSerde,
            @Nullable Serde<VRight> rightValueSerde,
            @Nullable String name,
            @Nullable Duration gracePeriod) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, name, gracePeriod);
    }

    public static <K, VLeft, VRight> Joined<K, VLeft, VRight> keySerde(
            @Nullable Serde<K> keySerde) {
        return new Joined<>(keySerde, null, null, null, null);
    }

    public static <K, VLeft, VRight> Joined<K, VLeft, VRight> valueSerde(
            @Nullable Serde<VLeft> leftValueSerde) {
        return new Joined<>(null, leftValueSerde, null, null, null);
    }

    public static <K, VLeft, VRight> Joined<K, VLeft, VRight> otherValueSerde(
            @Nullable Serde<VRight> rightValueSerde) {
        return new Joined<>(null, null, rightValueSerde, null, null);
    }

    public static <K, VLeft, VRight> Joined<K, VLeft, VRight> as(String name) {
        return new Joined<>(null, null, null, name, null);
    }

    public Joined<K, VLeft, VRight> withKeySerde(@Nullable Serde<K> keySerde) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, name, gracePeriod);
    }

    public Joined<K, VLeft, VRight> withValueSerde(@Nullable Serde<VLeft> leftValueSerde) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, name, gracePeriod);
    }

    public Joined<K, VLeft, VRight> withOtherValueSerde(@Nullable Serde<VRight> rightValueSerde) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, name, gracePeriod);
    }

    @Override
    public Joined<K, VLeft, VRight> withName(String name) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, name, gracePeriod);
    }

    /**
     * How long records of the stream wait for the versions of a versioned table that they see; with
     * it, results leave in the order of their timestamps.
     */
    public Joined<K, VLeft, VRight> withGracePeriod(@Nullable Duration gracePeriod) {
        return new Joined<>(keySerde, leftValueSerde, rightValueSerde, name, gracePeriod);
    }

    public @Nullable Duration gracePeriod() {
        return gracePeriod;
    }

    public @Nullable Serde<K> keySerde() {
        return keySerde;
    }

    public @Nullable Serde<VLeft> valueSerde() {
        return leftValueSerde;
    }

    public @Nullable Serde<VRight> otherValueSerde() {
        return rightValueSerde;
    }

    /** The given name, null when it is to be generated. */
    public @Nullable String name() {
        return name;
    }
}
