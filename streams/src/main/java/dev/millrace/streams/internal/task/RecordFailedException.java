package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;

/** A handler was asked about a record and wants the thread to end; nobody is asked again. */
final class RecordFailedException extends StreamsException {
    private static final long serialVersionUID = 1;

    RecordFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
