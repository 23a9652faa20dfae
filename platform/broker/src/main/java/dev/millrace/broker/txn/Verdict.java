package dev.millrace.broker.txn;

import org.apache.kafka.common.protocol.Errors;

/** What the machine decides about a request. */
sealed interface Verdict {
    /** Nothing changes; {@link Errors#CONCURRENT_TRANSACTIONS} means: not now. */
    record Refuse(Errors error) implements Verdict {}

    /** What is asked for is so already. */
    record Unchanged(long producerId, short epoch) implements Verdict {}

    /** {@code next} holds once it is in the log. */
    record Move(Transaction next) implements Verdict {}

    /** The transaction is aborted first, then the request is decided again. */
    record AbortFirst(Transaction next) implements Verdict {}

    /** The request is to be decided again with a fresh producer id. */
    record NeedProducerId() implements Verdict {}

    static Verdict refuse(Errors error) {
        return new Refuse(error);
    }
}
