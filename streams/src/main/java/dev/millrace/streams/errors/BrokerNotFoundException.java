package dev.millrace.streams.errors;

import org.jspecify.annotations.Nullable;

/** Kafka Streams no longer throws it; for programs that catch it. */
@Deprecated
public class BrokerNotFoundException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public BrokerNotFoundException(String message) {
        super(message);
    }

    public BrokerNotFoundException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public BrokerNotFoundException(@Nullable Throwable cause) {
        super(cause);
    }
}
