package dev.millrace.broker;

import dev.millrace.wire.RequestContext;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what went wrong with one partition of a request into its error code. */
final class Refusals {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    private Refusals() {}

    /** What no client can have caused is logged, since the client only sees "unknown error". */
    static Errors error(RequestContext context, String topic, int partition, Throwable cause) {
        Errors error = Errors.forException(cause);
        if (error == Errors.UNKNOWN_SERVER_ERROR) {
            LOG.error("{} of {}-{} failed", context.api(), topic, partition, cause);
        }
        return error;
    }
}
