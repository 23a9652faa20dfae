package dev.millrace.streams.state;

import dev.millrace.streams.DslStoreFormat;
import dev.millrace.streams.kstream.EmitStrategy;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is asked of a store of windows. */
public class DslWindowParams {
    private final String name;
    private final Duration retentionPeriod;
    private final Duration windowSize;
    private final boolean retainDuplicates;
    private final EmitStrategy emitStrategy;
    private final boolean slidingWindow;
    private final DslStoreFormat dslStoreFormat;

    @Deprecated
    public DslWindowParams(
            String name,
            Duration retentionPeriod,
            Duration windowSize,
            boolean retainDuplicates,
            EmitStrategy emitStrategy,
            boolean slidingWindow,
            boolean timestamped) {
        this(
                name,
                retentionPeriod,
                windowSize,
                retainDuplicates,
                emitStrategy,
                slidingWindow,
                timestamped ? DslStoreFormat.TIMESTAMPED : DslStoreFormat.PLAIN);
    }

    public DslWindowParams(
            String name,
            Duration retentionPeriod,
            Duration windowSize,
            boolean retainDuplicates,
            EmitStrategy emitStrategy,
            boolean slidingWindow,
            DslStoreFormat dslStoreFormat) {
        this.name = Objects.requireNonNull(name, "name");
        this.retentionPeriod = Objects.requireNonNull(retentionPeriod, "retentionPeriod");
        this.windowSize = Objects.requireNonNull(windowSize, "windowSize");
        this.retainDuplicates = retainDuplicates;
        this.emitStrategy = Objects.requireNonNull(emitStrategy, "emitStrategy");
        this.slidingWindow = slidingWindow;
        this.dslStoreFormat = Objects.requireNonNull(dslStoreFormat, "dslStoreFormat");
    }

    public String name() {
        return name;
    }

    public Duration retentionPeriod() {
        return retentionPeriod;
    }

    public Duration windowSize() {
        return windowSize;
    }

    public boolean retainDuplicates() {
        return retainDuplicates;
    }

    public EmitStrategy emitStrategy() {
        return emitStrategy;
    }

    public boolean isSlidingWindow() {
        return slidingWindow;
    }

    @Deprecated
    public boolean isTimestamped() {
        return dslStoreFormat == DslStoreFormat.TIMESTAMPED;
    }

    public DslStoreFormat dslStoreFormat() {
        return dslStoreFormat;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DslWindowParams that
                && Objects.equals(name, that.name)
                && Objects.equals(retentionPeriod, that.retentionPeriod)
                && Objects.equals(windowSize, that.windowSize)
                && retainDuplicates == that.retainDuplicates
                && Objects.equals(emitStrategy, that.emitStrategy)
                && slidingWindow == that.slidingWindow
                && dslStoreFormat == that.dslStoreFormat;
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                name,
                retentionPeriod,
                windowSize,
                retainDuplicates,
                emitStrategy,
                slidingWindow,
                dslStoreFormat);
    }

    @Override
    public String toString() {
        return "DslWindowParams{"
                + "name="
                + name
                + ", retentionPeriod="
                + retentionPeriod
                + ", windowSize="
                + windowSize
                + ", retainDuplicates="
                + retainDuplicates
                + ", emitStrategy="
                + emitStrategy
                + ", slidingWindow="
                + slidingWindow
                + ", dslStoreFormat="
                + dslStoreFormat
                + "}";
    }
}
