package dev.millrace.wire;

/** Told of every request; called on event loops, must not block. */
public interface RequestMetrics {
    RequestMetrics NONE = (context, elapsedNs, requestBytes, responseBytes) -> {};

    /**
     * A request was answered.
     *
     * @param elapsedNs from the last byte of the request to handing the response to the socket
     * @param responseBytes 0 if no response was due
     */
    void answered(RequestContext context, long elapsedNs, int requestBytes, int responseBytes);
}
