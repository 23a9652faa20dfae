package dev.millrace.wire;

/**
 * How bytes get into sockets and out of them.
 *
 * @param sendBufferBytes {@code socket.send.buffer.bytes}, -1 for the system's choice
 * @param receiveBufferBytes {@code socket.receive.buffer.bytes}, -1 for the system's choice
 * @param sendfile {@code millrace.socket.sendfile}: whether parts of files are sent by the kernel
 *     without a copy. Off, they are read into a small buffer that stays in the processor's cache,
 *     and written from there: less work for sender and receiver together where both are on one
 *     machine
 */
public record SocketOptions(int sendBufferBytes, int receiveBufferBytes, boolean sendfile) {
    /** Of the system. */
    public static final int SYSTEM = -1;

    /** Kafka's. */
    private static final int DEFAULT_BUFFER_BYTES = 100 << 10;

    public static final SocketOptions DEFAULT =
            new SocketOptions(DEFAULT_BUFFER_BYTES, DEFAULT_BUFFER_BYTES, false);
}
