package dev.millrace.streams.state;

import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** An aggregate and the headers of the record of its last update (KIP-1271). */
public final class AggregationWithHeaders<AGG> {
    private final @Nullable AGG aggregation;
    private final Headers headers;

    private AggregationWithHeaders(@Nullable AGG aggregation, Headers headers) {
        this.aggregation = aggregation;
        this.headers = Objects.requireNonNull(headers, "headers must not be null");
    }

    /** Null for a null aggregation: an absent row has no headers. */
    public static <AGG> @Nullable AggregationWithHeaders<AGG> make(
            @Nullable AGG aggregation, Headers headers) {
        return aggregation == null ? null : new AggregationWithHeaders<>(aggregation, headers);
    }

    public static <AGG> AggregationWithHeaders<AGG> makeAllowNullable(
            @Nullable AGG aggregation, Headers headers) {
        return new AggregationWithHeaders<>(aggregation, headers);
    }

    public static <AGG> @Nullable AGG getAggregationOrNull(
            @Nullable AggregationWithHeaders<AGG> aggregationWithHeaders) {
        return aggregationWithHeaders == null ? null : aggregationWithHeaders.aggregation;
    }

    @SuppressWarnings("NullAway") // null only where makeAllowNullable was asked for it
    public AGG aggregation() {
        return aggregation;
    }

    public Headers headers() {
        return headers;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AggregationWithHeaders<?> that
                && Objects.equals(aggregation, that.aggregation)
                && headers.equals(that.headers);
    }

    @Override
    public int hashCode() {
        return Objects.hash(aggregation, headers);
    }

    @Override
    public String toString() {
        return "AggregationWithHeaders{aggregation=" + aggregation + ", headers=" + headers + "}";
    }
}
