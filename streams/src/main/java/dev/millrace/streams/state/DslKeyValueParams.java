package dev.millrace.streams.state;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is asked of a store of a table. */
public class DslKeyValueParams {
    private final String name;
    private final boolean timestamped;

    public DslKeyValueParams(String name, boolean timestamped) {
        this.name = Objects.requireNonNull(name, "name");
        this.timestamped = timestamped;
    }

    public String name() {
        return name;
    }

    public boolean isTimestamped() {
        return timestamped;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DslKeyValueParams that
                && Objects.equals(name, that.name)
                && timestamped == that.timestamped;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, timestamped);
    }

    @Override
    public String toString() {
        return "DslKeyValueParams{" + "name=" + name + ", timestamped=" + timestamped + "}";
    }
}
