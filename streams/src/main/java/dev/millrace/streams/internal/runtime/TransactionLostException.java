package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;

/**
 * The transaction of a thread cannot be committed, or nobody knows whether it was: what its tasks
 * did since the last one is undone, and they go on from what the cluster says is committed.
 */
final class TransactionLostException extends StreamsException {
    private static final long serialVersionUID = 1;

    TransactionLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
