package dev.millrace.broker.admin;

import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.protocol.Errors;

/** An operation that failed, as a client hears of it. */
record Refusal(Errors error, String message) {
    static Refusal of(Throwable failure) {
        if (failure instanceof TimeoutException) {
            return new Refusal(
                    Errors.REQUEST_TIMED_OUT,
                    "not decided within the request's timeout; it may still happen");
        }
        Throwable cause = Errors.maybeUnwrapException(failure);
        Errors error = Errors.forException(cause);
        String message = cause.getMessage();
        return new Refusal(error, message == null ? error.message() : message);
    }
}
