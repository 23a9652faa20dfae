package dev.millrace.streams.kstream;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The limits of a suppression's buffer. */
public sealed interface SuppressionBuffer {
    long maxRecords();

    long maxBytes();

    boolean loggingEnabled();

    Map<String, String> logConfig();

    /**
     * Whether the oldest results leave when a limit is reached; otherwise the application stops.
     */
    boolean emitsEarly();

    /** See {@link Suppressed.EagerBufferConfig}. */
    record Eager(
            long maxRecords, long maxBytes, boolean loggingEnabled, Map<String, String> logConfig)
            implements SuppressionBuffer, Suppressed.EagerBufferConfig {
        @Override
        public boolean emitsEarly() {
            return true;
        }

        @Override
        public Suppressed.EagerBufferConfig withMaxRecords(long recordLimit) {
            return new Eager(recordLimit, maxBytes, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.EagerBufferConfig withMaxBytes(long byteLimit) {
            return new Eager(maxRecords, byteLimit, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.StrictBufferConfig withNoBound() {
            return new Strict(Long.MAX_VALUE, Long.MAX_VALUE, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.StrictBufferConfig shutDownWhenFull() {
            return new Strict(maxRecords, maxBytes, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.EagerBufferConfig emitEarlyWhenFull() {
            return this;
        }

        @Override
        public Suppressed.EagerBufferConfig withLoggingDisabled() {
            return new Eager(maxRecords, maxBytes, false, Map.of());
        }

        @Override
        public Suppressed.EagerBufferConfig withLoggingEnabled(Map<String, String> config) {
            return new Eager(maxRecords, maxBytes, true, Map.copyOf(config));
        }
    }

    /** See {@link Suppressed.StrictBufferConfig}. */
    record Strict(
            long maxRecords, long maxBytes, boolean loggingEnabled, Map<String, String> logConfig)
            implements SuppressionBuffer, Suppressed.StrictBufferConfig {
        @Override
        public boolean emitsEarly() {
            return false;
        }

        @Override
        public Suppressed.StrictBufferConfig withMaxRecords(long recordLimit) {
            return new Strict(recordLimit, maxBytes, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.StrictBufferConfig withMaxBytes(long byteLimit) {
            return new Strict(maxRecords, byteLimit, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.StrictBufferConfig withNoBound() {
            return new Strict(Long.MAX_VALUE, Long.MAX_VALUE, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.StrictBufferConfig shutDownWhenFull() {
            return this;
        }

        @Override
        public Suppressed.EagerBufferConfig emitEarlyWhenFull() {
            return new Eager(maxRecords, maxBytes, loggingEnabled, logConfig);
        }

        @Override
        public Suppressed.StrictBufferConfig withLoggingDisabled() {
            return new Strict(maxRecords, maxBytes, false, Map.of());
        }

        @Override
        public Suppressed.StrictBufferConfig withLoggingEnabled(Map<String, String> config) {
            return new Strict(maxRecords, maxBytes, true, Map.copyOf(config));
        }
    }

    /** The limits behind a configuration. */
    static SuppressionBuffer of(Suppressed.@Nullable BufferConfig<?> config) {
        if (Objects.requireNonNull(config, "bufferConfig") instanceof SuppressionBuffer known) {
            return known;
        }
        throw new IllegalArgumentException(
                "A buffer config must come from Suppressed.BufferConfig, not be a "
                        + config.getClass().getName());
    }
}
