package dev.millrace.console;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** A refusal that is answered with this HTTP status and {@code {"error":{"message":...}}}. */
final class ApiException extends RuntimeException {
    private final int status;

    ApiException(int status, String message) {
        super(message);
        this.status = status;
    }

    static ApiException badRequest(String message) {
        return new ApiException(400, message);
    }

    static ApiException noSuchTopic(String topic) {
        return new ApiException(
                404, "topic '" + topic + "' does not exist; GET /api/topics lists what exists");
    }

    int status() {
        return status;
    }

    /** The answer for a failure of the API or of a Kafka client. */
    static ApiException from(Throwable failure, String bootstrapServers) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ApiException known) {
            return known;
        }
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        if (cause instanceof UnknownTopicOrPartitionException) {
            return new ApiException(404, message);
        }
        if (cause instanceof InvalidTopicException) {
            return new ApiException(400, message);
        }
        if (cause instanceof RecordTooLargeException) {
            return new ApiException(413, message);
        }
        if (cause instanceof AuthenticationException || cause instanceof AuthorizationException) {
            return new ApiException(403, "the cluster refuses the console: " + message);
        }
        if (cause instanceof RejectedExecutionException) {
            return new ApiException(503, "the console is shutting down");
        }
        if (cause instanceof RetriableException
                || cause instanceof java.util.concurrent.TimeoutException) {
            return new ApiException(
                    503, "no answer from the cluster at " + bootstrapServers + ": " + message);
        }
        return new ApiException(500, message);
    }
}
