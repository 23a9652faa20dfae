package dev.millrace.streams.kstream;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What becomes of a branch: its name, and a function or consumer of its stream. Immutable. */
public class Branched<K, V> implements NamedOperation<Branched<K, V>> {
    protected final @Nullable String name;
    protected final @Nullable Function<? super KStream<K, V>, ? extends KStream<K, V>>
            chainFunction;
    protected final @Nullable Consumer<? super KStream<K, V>> chainConsumer;

    protected Branched(
            @Nullable String name,
            @Nullable Function<? super KStream<K, V>, ? extends KStream<K, V>> chainFunction,
            @Nullable Consumer<? super KStream<K, V>> chainConsumer) {
        this.name = name == null ? null : Named.validate(name);
        this.chainFunction = chainFunction;
        this.chainConsumer = chainConsumer;
    }

    protected Branched(Branched<K, V> other) {
        this(other.name, other.chainFunction, other.chainConsumer);
    }

    public static <K, V> Branched<K, V> as(String name) {
        Objects.requireNonNull(name, "name cannot be null");
        return new Branched<>(name, null, null);
    }

    /** The function's stream is in the map of the branches; null keeps the branch out of it. */
    public static <K, V> Branched<K, V> withFunction(
            Function<? super KStream<K, V>, ? extends KStream<K, V>> chain) {
        Objects.requireNonNull(chain, "chain function cannot be null");
        return new Branched<>(null, chain, null);
    }

    /** The branch is not in the map of the branches. */
    public static <K, V> Branched<K, V> withConsumer(Consumer<KStream<K, V>> chain) {
        Objects.requireNonNull(chain, "chain consumer cannot be null");
        return new Branched<>(null, null, chain);
    }

    public static <K, V> Branched<K, V> withFunction(
            Function<? super KStream<K, V>, ? extends KStream<K, V>> chain, @Nullable String name) {
        Objects.requireNonNull(chain, "chain function cannot be null");
        return new Branched<>(name, chain, null);
    }

    public static <K, V> Branched<K, V> withConsumer(
            Consumer<? super KStream<K, V>> chain, @Nullable String name) {
        Objects.requireNonNull(chain, "chain consumer cannot be null");
        return new Branched<>(name, null, chain);
    }

    @Override
    public Branched<K, V> withName(String name) {
        return new Branched<>(name, chainFunction, chainConsumer);
    }

    public @Nullable String name() {
        return name;
    }

    public @Nullable Function<? super KStream<K, V>, ? extends KStream<K, V>> chainFunction() {
        return chainFunction;
    }

    public @Nullable Consumer<? super KStream<K, V>> chainConsumer() {
        return chainConsumer;
    }
}
