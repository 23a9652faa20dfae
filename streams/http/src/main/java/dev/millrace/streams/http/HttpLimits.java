package dev.millrace.streams.http;

/**
 * What one client can hold of a server, and for how long.
 *
 * @param connections at once; of more, one that asks nothing at the moment is closed, or the new
 *     one
 * @param headBytes of a request: line and headers
 * @param headMs from the first byte of a request to the last of its headers, or from a connection's
 *     begin to the first byte
 * @param idleMs between an answer and the first byte of the next request
 * @param writeMs for a client to take an answer
 */
record HttpLimits(int connections, int headBytes, long headMs, long idleMs, long writeMs) {
    static final HttpLimits DEFAULT = new HttpLimits(1_024, 16_384, 5_000, 30_000, 10_000);
}
