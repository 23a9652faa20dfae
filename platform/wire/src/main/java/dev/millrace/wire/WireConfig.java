package dev.millrace.wire;

/**
 * Limits of the listener.
 *
 * @param maxRequestBytes {@code socket.request.max.bytes}: a longer frame closes its connection
 * @param maxUnauthenticatedRequestBytes the same before a connection has authenticated; without
 *     authentication every connection counts as authenticated from the start
 * @param maxInFlightRequests requests of one connection taken in and not yet answered; above it the
 *     connection is not read
 * @param maxInFlightBytes bytes of those requests, the same
 * @param maxIdleMs {@code connections.max.idle.ms}: a connection without traffic and without an
 *     open request is closed
 * @param maxConnections {@code max.connections}: further ones are closed when accepted
 */
public record WireConfig(
        int maxRequestBytes,
        int maxUnauthenticatedRequestBytes,
        int maxInFlightRequests,
        int maxInFlightBytes,
        long maxIdleMs,
        int maxConnections,
        SocketOptions sockets) {

    public static final WireConfig DEFAULT =
            new WireConfig(
                    100 << 20,
                    512 << 10,
                    256,
                    32 << 20,
                    600_000,
                    Integer.MAX_VALUE,
                    SocketOptions.DEFAULT);

    public WireConfig withMaxRequestBytes(int bytes) {
        return new WireConfig(
                bytes,
                Math.min(bytes, maxUnauthenticatedRequestBytes),
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                maxConnections,
                sockets);
    }

    public WireConfig withMaxIdleMs(long ms) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                ms,
                maxConnections,
                sockets);
    }

    public WireConfig withMaxInFlightRequests(int requests) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                requests,
                maxInFlightBytes,
                maxIdleMs,
                maxConnections,
                sockets);
    }

    public WireConfig withMaxConnections(int connections) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                connections,
                sockets);
    }

    public WireConfig withSockets(SocketOptions options) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                maxConnections,
                options);
    }
}
