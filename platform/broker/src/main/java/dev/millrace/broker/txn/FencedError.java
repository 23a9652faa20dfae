package dev.millrace.broker.txn;

import dev.millrace.wire.RequestContext;
import org.apache.kafka.common.protocol.Errors;

/** PRODUCER_FENCED came later than the requests it answers. */
final class FencedError {
    private FencedError() {}

    /**
     * The error that a client of that version knows: older ones take the newer one for fatal.
     *
     * @param knownSince first version with PRODUCER_FENCED
     */
    static Errors asKnown(RequestContext context, Errors error, short knownSince) {
        return error == Errors.PRODUCER_FENCED && context.version() < knownSince
                ? Errors.INVALID_PRODUCER_EPOCH
                : error;
    }
}
