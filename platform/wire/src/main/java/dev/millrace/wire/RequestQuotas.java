package dev.millrace.wire;

import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * Says, for each answer about to be sent, how long its connection is not read afterwards (KIP-219:
 * answered at once, then muted). Called on event loops, must not block.
 */
public interface RequestQuotas {
    /** Nobody waits. */
    RequestQuotas NONE =
            new RequestQuotas() {
                @Override
                public boolean enabled() {
                    return false;
                }

                @Override
                public int throttleMs(
                        RequestContext context,
                        ApiMessage request,
                        @Nullable ApiMessage response,
                        int requestBytes,
                        long spentNs) {
                    return 0;
                }

                @Override
                public void spentMore(RequestContext context, long ns) {}
            };

    /** False: requests are neither timed nor counted. Asked for every request, so cheap. */
    boolean enabled();

    /**
     * Counts one answered request.
     *
     * @param response null if none is sent (Produce with acks=0)
     * @param requestBytes length of the frame
     * @param spentNs what decoding and handling the request took of the event loop
     * @return 0, or how long to mute the connection; the response is made to say so
     */
    int throttleMs(
            RequestContext context,
            ApiMessage request,
            @Nullable ApiMessage response,
            int requestBytes,
            long spentNs);

    /** What encoding the answer took; counts, without delaying this answer. */
    void spentMore(RequestContext context, long ns);
}
