package dev.millrace.streams.kstream;

import java.time.Duration;
import java.util.Map;

/** Which updates of a table are held back, for how long, and in how large a buffer. */
public interface Suppressed<K> extends NamedOperation<Suppressed<K>> {
    /** A buffer that never gives up a result early: it grows, or stops the application. */
    interface StrictBufferConfig extends BufferConfig<StrictBufferConfig> {}

    /** A buffer that lets the oldest results go when it is full. */
    interface EagerBufferConfig extends BufferConfig<EagerBufferConfig> {}

    /** Limits of a buffer, and what happens when one is reached. Immutable. */
    interface BufferConfig<BC extends BufferConfig<BC>> {
        static EagerBufferConfig maxRecords(long recordLimit) {
            return new SuppressionBuffer.Eager(recordLimit, Long.MAX_VALUE, true, Map.of());
        }

        BC withMaxRecords(long recordLimit);

        static EagerBufferConfig maxBytes(long byteLimit) {
            return new SuppressionBuffer.Eager(Long.MAX_VALUE, byteLimit, true, Map.of());
        }

        BC withMaxBytes(long byteLimit);

        static StrictBufferConfig unbounded() {
            return new SuppressionBuffer.Strict(Long.MAX_VALUE, Long.MAX_VALUE, true, Map.of());
        }

        StrictBufferConfig withNoBound();

        StrictBufferConfig shutDownWhenFull();

        EagerBufferConfig emitEarlyWhenFull();

        BC withLoggingDisabled();

        /**
         * @param config of the changelog topic
         */
        BC withLoggingEnabled(Map<String, String> config);
    }

    /**
     * Only the last result of a window, when stream time has passed its end and its grace; for
     * tables that a windowed aggregation made.
     */
    static Suppressed<Windowed<?>> untilWindowCloses(StrictBufferConfig bufferConfig) {
        return new Suppression<>(null, bufferConfig, Suppression.UNTIL_WINDOW_CLOSES);
    }

    /** The last of the updates of a key within a span of stream time after the first of them. */
    static <K> Suppressed<K> untilTimeLimit(
            Duration timeToWaitForMoreEvents, BufferConfig<?> bufferConfig) {
        return new Suppression<>(
                null,
                bufferConfig,
                Durations.millis(timeToWaitForMoreEvents, "timeToWaitForMoreEvents"));
    }

    @Override
    Suppressed<K> withName(String name);
}
