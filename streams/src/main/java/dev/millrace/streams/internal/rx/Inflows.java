package dev.millrace.streams.internal.rx;

import dev.millrace.streams.internal.Erased;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** The Flowables that one instance reads, and the producer that they share. Thread-safe. */
public final class Inflows {
    /**
     * What the writers need.
     *
     * @param decorate a topic's name on the cluster
     * @param keySerde where a source has none; asked only then
     * @param valueSerde where a source has none; asked only then
     * @param maxInFlight records asked for and not acknowledged, of each Flowable
     */
    public record Environment(
            UnaryOperator<String> decorate,
            Supplier<Serde<?>> keySerde,
            Supplier<Serde<?>> valueSerde,
            int maxInFlight) {}

    private final Producer<byte[], byte[]> producer;
    private final Environment environment;
    private final BiConsumer<Inflow, Throwable> failed;
    private final List<InflowWriter> writers = new ArrayList<>(); // guarded by this
    private boolean closed; // guarded by this

    /**
     * @param failed told of the error of a Flowable, or of writing what it emitted: it is not read
     *     any more
     */
    public Inflows(
            Producer<byte[], byte[]> producer,
            Environment environment,
            BiConsumer<Inflow, Throwable> failed) {
        this.producer = producer;
        this.environment = environment;
        this.failed = failed;
    }

    /** Subscribes, on another thread. */
    public synchronized void read(Inflow inflow) {
        if (closed) {
            return;
        }
        InflowWriter writer =
                new InflowWriter(
                        inflow,
                        environment.decorate().apply(inflow.topic()),
                        producer,
                        orElse(inflow.keySerializer(), environment.keySerde()),
                        orElse(inflow.valueSerializer(), environment.valueSerde()),
                        environment.maxInFlight(),
                        cause -> failed.accept(inflow, cause));
        writers.add(writer);
        writer.start();
    }

    private static Serializer<Object> orElse(
            @Nullable Serializer<Object> given, Supplier<Serde<?>> initial) {
        return given != null ? given : Erased.cast(initial.get().serializer());
    }

    /** Cancels the subscriptions, and waits until what they had emitted is written. */
    public void close(Duration timeout) {
        List<InflowWriter> open;
        synchronized (this) {
            closed = true;
            open = List.copyOf(writers);
            writers.clear();
        }
        open.forEach(InflowWriter::cancel);
        producer.close(timeout);
    }
}
