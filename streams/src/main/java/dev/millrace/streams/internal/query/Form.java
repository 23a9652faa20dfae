package dev.millrace.streams.internal.query;

import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.AggregationWithHeaders;
import dev.millrace.streams.state.SessionStoreWithHeaders;
import dev.millrace.streams.state.TimestampedKeyValueStore;
import dev.millrace.streams.state.TimestampedKeyValueStoreWithHeaders;
import dev.millrace.streams.state.TimestampedWindowStore;
import dev.millrace.streams.state.TimestampedWindowStoreWithHeaders;
import dev.millrace.streams.state.ValueAndTimestamp;
import dev.millrace.streams.state.ValueTimestampHeaders;

/** With what a reader wants values, whatever else their store keeps. */
public enum Form {
    PLAIN,
    WITH_TIMESTAMPS,
    WITH_HEADERS;

    /** A value of the store in this form. */
    Object of(StateStore store, Object value) {
        if (value instanceof ValueTimestampHeaders<?> all
                && (store instanceof TimestampedKeyValueStoreWithHeaders
                        || store instanceof TimestampedWindowStoreWithHeaders)) {
            return switch (this) {
                case PLAIN -> all.value();
                case WITH_TIMESTAMPS -> new ValueAndTimestamp<Object>(all.value(), all.timestamp());
                case WITH_HEADERS -> all;
            };
        }
        if (value instanceof AggregationWithHeaders<?> both
                && store instanceof SessionStoreWithHeaders) {
            return this == WITH_HEADERS ? both : both.aggregation();
        }
        boolean timestamped =
                store instanceof TimestampedKeyValueStore
                        || store instanceof TimestampedWindowStore;
        return this == PLAIN && timestamped && value instanceof ValueAndTimestamp<?> both
                ? both.value()
                : value;
    }
}
