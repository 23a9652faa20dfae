package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** Processing cannot go on as it is. */
public class StreamsException extends org.apache.kafka.common.KafkaException {
    private static final long serialVersionUID = 1L;

    public StreamsException(String message) {
        super(message);
    }

    public StreamsException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
