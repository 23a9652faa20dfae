package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.StreamPartitioner;
import org.jspecify.annotations.Nullable;

/**
 * How two tables are joined by a foreign key: the partitioners must be those of the topics that the
 * tables were read from. Immutable.
 */
public class TableJoined<K, KO> implements NamedOperation<TableJoined<K, KO>> {
    protected final @Nullable StreamPartitioner<K, Void> partitioner;
    protected final @Nullable StreamPartitioner<KO, Void> otherPartitioner;
    protected final @Nullable String name;

    private TableJoined(
            @Nullable StreamPartitioner<K, Void> partitioner,
            @Nullable StreamPartitioner<KO, Void> otherPartitioner,
            @Nullable String name) {
        this.partitioner = partitioner;
        this.otherPartitioner = otherPartitioner;
        this.name = name == null ? null : Named.validate(name);
    }

    protected TableJoined(TableJoined<K, KO> other) {
        this(other.partitioner, other.otherPartitioner, other.name);
    }

    public static <K, KO> TableJoined<K, KO> with(
            @Nullable StreamPartitioner<K, Void> partitioner,
            @Nullable StreamPartitioner<KO, Void> otherPartitioner) {
        return new TableJoined<>(partitioner, otherPartitioner, null);
    }

    public static <K, KO> TableJoined<K, KO> as(String name) {
        return new TableJoined<>(null, null, name);
    }

    public TableJoined<K, KO> withPartitioner(@Nullable StreamPartitioner<K, Void> partitioner) {
        return new TableJoined<>(partitioner, otherPartitioner, name);
    }

    public TableJoined<K, KO> withOtherPartitioner(
            @Nullable StreamPartitioner<KO, Void> otherPartitioner) {
        return new TableJoined<>(partitioner, otherPartitioner, name);
    }

    @Override
    public TableJoined<K, KO> withName(String name) {
        return new TableJoined<>(partitioner, otherPartitioner, name);
    }

    public @Nullable StreamPartitioner<K, Void> partitioner() {
        return partitioner;
    }

    public @Nullable StreamPartitioner<KO, Void> otherPartitioner() {
        return otherPartitioner;
    }

    /** The given name, null when it is to be generated. */
    public @Nullable String name() {
        return name;
    }
}
