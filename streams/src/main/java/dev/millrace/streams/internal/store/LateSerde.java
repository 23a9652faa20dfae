package dev.millrace.streams.internal.store;

import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** A serde around others, of which some are the configuration's: it is made with the store. */
public final class LateSerde implements Serde<Object> {
    private final BiFunction<Supplier<Serde<?>>, Supplier<Serde<?>>, Serde<?>> maker;

    private LateSerde(BiFunction<Supplier<Serde<?>>, Supplier<Serde<?>>, Serde<?>> maker) {
        this.maker = maker;
    }

    /**
     * @param maker gets the configuration's serdes of keys and of values
     */
    public static LateSerde of(BiFunction<Supplier<Serde<?>>, Supplier<Serde<?>>, Serde<?>> maker) {
        return new LateSerde(maker);
    }

    /** A given serde, or the fallback. */
    public static Serde<?> or(@Nullable Serde<?> given, Supplier<Serde<?>> fallback) {
        return given != null ? given : fallback.get();
    }

    Serde<?> resolve(Supplier<Serde<?>> keys, Supplier<Serde<?>> values) {
        return maker.apply(keys, values);
    }

    @Override
    public Serializer<Object> serializer() {
        throw new IllegalStateException("The serde is made with the store");
    }

    @Override
    public Deserializer<Object> deserializer() {
        throw new IllegalStateException("The serde is made with the store");
    }
}
