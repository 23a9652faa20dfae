package dev.millrace.wire;

/**
 * Limits of the listener.
 *
 * @param maxRequestBytes {@code socket.request.max.bytes}: a longer frame closes its connection
 * @param maxUnauthenticatedRequestBytes {@code sasl.server.max.receive.size}: the same before a
 *     connection has authenticated; without authentication every connection counts as authenticated
 *     from the start
 * @param maxInFlightRequests requests of one connection taken in and not yet answered; above it the
 *     connection is not read
 * @param maxInFlightBytes bytes of those requests, the same
 * @param maxIdleMs {@code connections.max.idle.ms}: a connection without traffic and without an
 *     open request is closed
 * @param connections how many connections, and how fast
 * @param backlog {@code socket.listen.backlog.size}: connections that wait to be accepted
 * @param maxQueuedBytes {@code queued.max.request.bytes}: while the requests of all connections
 *     take as much, none begins to be read
 */
public record WireConfig(
        int maxRequestBytes,
        int maxUnauthenticatedRequestBytes,
        int maxInFlightRequests,
        int maxInFlightBytes,
        long maxIdleMs,
        ConnectionLimits connections,
        SocketOptions sockets,
        int backlog,
        long maxQueuedBytes) {
    /** No bound on the requests of all connections together. */
    public static final long UNLIMITED = -1;

    public static final WireConfig DEFAULT =
            new WireConfig(
                    100 << 20,
                    512 << 10,
                    256,
                    32 << 20,
                    600_000,
                    ConnectionLimits.NONE,
                    SocketOptions.DEFAULT,
                    1024,
                    UNLIMITED);

    public WireConfig withMaxRequestBytes(int bytes) {
        return new WireConfig(
                bytes,
                Math.min(bytes, maxUnauthenticatedRequestBytes),
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                connections,
                sockets,
                backlog,
                maxQueuedBytes);
    }

    public WireConfig withMaxUnauthenticatedRequestBytes(int bytes) {
        return new WireConfig(
                maxRequestBytes,
                bytes,
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                connections,
                sockets,
                backlog,
                maxQueuedBytes);
    }

    public WireConfig withMaxIdleMs(long ms) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                ms,
                connections,
                sockets,
                backlog,
                maxQueuedBytes);
    }

    public WireConfig withMaxInFlightRequests(int requests) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                requests,
                maxInFlightBytes,
                maxIdleMs,
                connections,
                sockets,
                backlog,
                maxQueuedBytes);
    }

    public WireConfig withConnections(ConnectionLimits limits) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                limits,
                sockets,
                backlog,
                maxQueuedBytes);
    }

    public WireConfig withSockets(SocketOptions options) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                connections,
                options,
                backlog,
                maxQueuedBytes);
    }

    public WireConfig withBacklog(int waiting) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                connections,
                sockets,
                waiting,
                maxQueuedBytes);
    }

    public WireConfig withMaxQueuedBytes(long bytes) {
        return new WireConfig(
                maxRequestBytes,
                maxUnauthenticatedRequestBytes,
                maxInFlightRequests,
                maxInFlightBytes,
                maxIdleMs,
                connections,
                sockets,
                backlog,
                bytes);
    }
}
