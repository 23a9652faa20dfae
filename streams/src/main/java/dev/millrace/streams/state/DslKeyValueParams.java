package dev.millrace.streams.state;

import dev.millrace.streams.DslStoreFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is asked of a store of a table. */
public class DslKeyValueParams {
    private final String name;
    private final DslStoreFormat dslStoreFormat;

    @Deprecated
    public DslKeyValueParams(String name, boolean timestamped) {
        this(name, timestamped ? DslStoreFormat.TIMESTAMPED : DslStoreFormat.PLAIN);
    }

    public DslKeyValueParams(String name, DslStoreFormat dslStoreFormat) {
        this.name = Objects.requireNonNull(name, "name");
        this.dslStoreFormat = Objects.requireNonNull(dslStoreFormat, "dslStoreFormat");
    }

    public String name() {
        return name;
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
        return other instanceof DslKeyValueParams that
                && Objects.equals(name, that.name)
                && dslStoreFormat == that.dslStoreFormat;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, dslStoreFormat);
    }

    @Override
    public String toString() {
        return "DslKeyValueParams{" + "name=" + name + ", dslStoreFormat=" + dslStoreFormat + "}";
    }
}
