package dev.millrace.streams.internal.topology;

import dev.millrace.streams.state.DslStoreSuppliers;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.SessionBytesStoreSupplier;
import dev.millrace.streams.state.StoreBuilder;
import dev.millrace.streams.state.WindowBytesStoreSupplier;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps and how it is found. Where a supplier is absent, the program's suppliers make
 * the store, and where those are absent, too, the kind that the configuration names.
 */
public sealed interface StoreKind {
    /** Added to what the changelog of a windowed store keeps, for clocks that differ. */
    long CHANGELOG_EXTRA_RETENTION_MS = 24L * 60 * 60 * 1000;

    /** Settings of the changelog topic that follow from the kind. */
    Map<String, String> changelogSettings(long extraRetentionMs);

    private static Map<String, String> windowed(long retentionMs, long extraRetentionMs) {
        long sum = retentionMs + extraRetentionMs;
        return Map.of(
                "cleanup.policy",
                "compact,delete",
                "retention.ms",
                Long.toString(sum < 0 ? Long.MAX_VALUE : sum));
    }

    /**
     * One value per key.
     *
     * @param timestamped rows carry the timestamp of their last update
     * @param headers and its headers
     */
    record KeyValue(
            @Nullable KeyValueBytesStoreSupplier supplier,
            @Nullable DslStoreSuppliers suppliers,
            boolean timestamped,
            boolean headers)
            implements StoreKind {
        /** Without headers. */
        public KeyValue(
                @Nullable KeyValueBytesStoreSupplier supplier,
                @Nullable DslStoreSuppliers suppliers,
                boolean timestamped) {
            this(supplier, suppliers, timestamped, false);
        }

        @Override
        public Map<String, String> changelogSettings(long extraRetentionMs) {
            return Map.of("cleanup.policy", "compact");
        }
    }

    /**
     * Values by key and window start.
     *
     * @param emitsFinal rows are read when they expire
     * @param headers rows carry the headers of their last update
     */
    record Windows(
            @Nullable WindowBytesStoreSupplier supplier,
            @Nullable DslStoreSuppliers suppliers,
            long retentionMs,
            long windowSizeMs,
            boolean retainDuplicates,
            boolean timestamped,
            boolean emitsFinal,
            boolean headers)
            implements StoreKind {
        /** Without headers. */
        public Windows(
                @Nullable WindowBytesStoreSupplier supplier,
                @Nullable DslStoreSuppliers suppliers,
                long retentionMs,
                long windowSizeMs,
                boolean retainDuplicates,
                boolean timestamped,
                boolean emitsFinal) {
            this(
                    supplier,
                    suppliers,
                    retentionMs,
                    windowSizeMs,
                    retainDuplicates,
                    timestamped,
                    emitsFinal,
                    false);
        }

        @Override
        public Map<String, String> changelogSettings(long extraRetentionMs) {
            // Compaction never removes a duplicate: every one of them has a key of its own.
            return retainDuplicates
                    ? Map.of(
                            "cleanup.policy",
                            "delete",
                            "retention.ms",
                            Long.toString(Math.max(retentionMs, retentionMs + extraRetentionMs)))
                    : windowed(retentionMs, extraRetentionMs);
        }
    }

    /** Values by key and session. */
    record Sessions(
            @Nullable SessionBytesStoreSupplier supplier,
            @Nullable DslStoreSuppliers suppliers,
            long retentionMs,
            boolean emitsFinal,
            boolean headers)
            implements StoreKind {
        /** Without headers. */
        public Sessions(
                @Nullable SessionBytesStoreSupplier supplier,
                @Nullable DslStoreSuppliers suppliers,
                long retentionMs,
                boolean emitsFinal) {
            this(supplier, suppliers, retentionMs, emitsFinal, false);
        }

        @Override
        public Map<String, String> changelogSettings(long extraRetentionMs) {
            return windowed(retentionMs, extraRetentionMs);
        }
    }

    /** Values by key and the time from which they hold. */
    record Versioned(KeyValueBytesStoreSupplier supplier, long historyRetentionMs)
            implements StoreKind {
        @Override
        public Map<String, String> changelogSettings(long extraRetentionMs) {
            return Map.of(
                    "cleanup.policy",
                    "compact",
                    "min.compaction.lag.ms",
                    Long.toString(historyRetentionMs + extraRetentionMs));
        }
    }

    /** A store of the program's own making. */
    record Custom(StoreBuilder<?> builder) implements StoreKind {
        @Override
        public Map<String, String> changelogSettings(long extraRetentionMs) {
            return Map.of("cleanup.policy", "compact");
        }
    }
}
