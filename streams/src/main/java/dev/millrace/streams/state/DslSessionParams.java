package dev.millrace.streams.state;

import dev.millrace.streams.DslStoreFormat;
import dev.millrace.streams.kstream.EmitStrategy;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is asked of a store of sessions. */
public class DslSessionParams {
    private final String name;
    private final Duration retentionPeriod;
    private final EmitStrategy emitStrategy;
    private final DslStoreFormat storeFormat;

    @Deprecated
    public DslSessionParams(String name, Duration retentionPeriod, EmitStrategy emitStrategy) {
        this(name, retentionPeriod, emitStrategy, DslStoreFormat.PLAIN);
    }

    public DslSessionParams(
            String name,
            Duration retentionPeriod,
            EmitStrategy emitStrategy,
            DslStoreFormat storeFormat) {
        this.storeFormat = Objects.requireNonNull(storeFormat, "storeFormat");
        this.name = Objects.requireNonNull(name, "name");
        this.retentionPeriod = Objects.requireNonNull(retentionPeriod, "retentionPeriod");
        this.emitStrategy = Objects.requireNonNull(emitStrategy, "emitStrategy");
    }

    public String name() {
        return name;
    }

    public Duration retentionPeriod() {
        return retentionPeriod;
    }

    public EmitStrategy emitStrategy() {
        return emitStrategy;
    }

    public DslStoreFormat storeFormat() {
        return storeFormat;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DslSessionParams that
                && Objects.equals(name, that.name)
                && Objects.equals(retentionPeriod, that.retentionPeriod)
                && Objects.equals(emitStrategy, that.emitStrategy)
                && storeFormat == that.storeFormat;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, retentionPeriod, emitStrategy, storeFormat);
    }

    @Override
    public String toString() {
        return "DslSessionParams{"
                + "name="
                + name
                + ", retentionPeriod="
                + retentionPeriod
                + ", emitStrategy="
                + emitStrategy
                + ", storeFormat="
                + storeFormat
                + "}";
    }
}
