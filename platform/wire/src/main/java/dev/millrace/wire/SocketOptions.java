package dev.millrace.wire;

/**
 * How bytes get into sockets and out of them.
 *
 * @param sendBufferBytes {@code socket.send.buffer.bytes}; -1, the default, for the system's
 *     choice, which grows with what the receiver takes: with Kafka's 100 KiB the sender of large
 *     answers spends twice the CPU
 * @param receiveBufferBytes {@code socket.receive.buffer.bytes}; -1, the default, likewise
 * @param sendfile {@code millrace.socket.sendfile}: whether parts of files are sent by the kernel
 *     without a copy, which is the default. Off, they are read into a small buffer that stays in
 *     the processor's cache, and written from there: more work for this process, but less for it
 *     and a receiver on the same machine together
 */
public record SocketOptions(int sendBufferBytes, int receiveBufferBytes, boolean sendfile) {
    /** Of the system. */
    public static final int SYSTEM = -1;

    public static final SocketOptions DEFAULT = new SocketOptions(SYSTEM, SYSTEM, true);
}
