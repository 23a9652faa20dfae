package dev.millrace.streams.state;

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
    private final boolean timestamped;

    public DslWindowParams(
            String name,
            Duration retentionPeriod,
            Duration windowSize,
            boolean retainDuplicates,
            EmitStrategy emitStrategy,
            boolean slidingWindow,
            boolean timestamped) {
        this.name = Objects.requireNonNull(name, "name");
        this.retentionPeriod = Objects.requireNonNull(retentionPeriod, "retentionPeriod");
        this.windowSize = Objects.requireNonNull(windowSize, "windowSize");
        this.retainDuplicates = retainDuplicates;
        this.emitStrategy = Objects.requireNonNull(emitStrategy, "emitStrategy");
        this.slidingWindow = slidingWindow;
        this.timestamped = timestamped;
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

    public boolean isTimestamped() {
        return timestamped;
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
                && timestamped == that.timestamped;
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
                timestamped);
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
                + ", timestamped="
                + timestamped
                + "}";
    }
}
