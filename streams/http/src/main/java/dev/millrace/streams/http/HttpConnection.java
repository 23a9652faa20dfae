package dev.millrace.streams.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client, one request at a time; what comes meanwhile waits in the socket. Used by the thread
 * of its {@link HttpPort} only.
 *
 * <pre>
 *            head complete           answer            all of it taken
 *   READING ----------------> ASKING --------> WRITING ----------------> READING
 *      |                                          |  or, if it is the last
 *      | too slow, too long, not HTTP             v
 *      +---------------> answer, last ----------> ENDING: reads and forgets, so that the client
 *                                                 gets the answer and no reset
 * </pre>
 */
final class HttpConnection {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
    private static final int FIRST_BYTES = 1_024;
    private static final long ENDING_MS = 1_000;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    enum State {
        READING,
        ASKING,
        WRITING,
        ENDING,
        CLOSED
    }

    private final SocketChannel channel;
    private final SelectionKey key;
    private final HttpLimits limits;
    private State state = State.READING;
    private byte[] in = new byte[FIRST_BYTES];
    private int length;
    private int searched; // for the end of a head
    private @Nullable ByteBuffer out;
    private boolean last;
    private long deadlineNs;

    HttpConnection(SocketChannel channel, SelectionKey key, HttpLimits limits) {
        this.channel = channel;
        this.key = key;
        this.limits = limits;
        within(limits.headMs());
    }

    private void within(long ms) {
        deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    }

    State state() {
        return state;
    }

    boolean isLate(long nowNs) {
        return state != State.ASKING && nowNs - deadlineNs >= 0;
    }

    /** Nobody would miss it. */
    boolean isIdle() {
        return state == State.READING && length == 0;
    }

    /**
     * Takes what has come.
     *
     * @return a request that is complete, which has to be answered; null: not yet
     * @throws Refused to be answered, as the last thing
     */
    @Nullable HttpHead read() throws IOException {
        if (state == State.ENDING) {
            forget();
            return null;
        }
        if (length == in.length) {
            in = Arrays.copyOf(in, Math.min(2 * in.length, limits.headBytes()));
        }
        int count = channel.read(ByteBuffer.wrap(in, length, in.length - length));
        if (count < 0) {
            close();
            return null;
        }
        if (length == 0 && count > 0) {
            within(limits.headMs());
        }
        length += count;
        return next();
    }

    /** What has been read may hold the next request already. */
    @Nullable HttpHead next() {
        if (state != State.READING) {
            return null;
        }
        int end = endOfHead();
        if (end < 0) {
            if (length >= limits.headBytes()) {
                throw new Refused(
                        431,
                        "head_too_long",
                        "Path and headers may have " + limits.headBytes() + " bytes.");
            }
            return null;
        }
        String text = new String(in, 0, end, StandardCharsets.ISO_8859_1);
        int rest = length - end - END.length;
        System.arraycopy(in, end + END.length, in, 0, rest);
        length = rest;
        searched = 0;
        HttpHead head = HttpHead.parse(text);
        last = !head.keepsOpen();
        state = State.ASKING;
        key.interestOps(0);
        return head;
    }

    private int endOfHead() {
        for (; searched + END.length <= length; searched++) {
            if (Arrays.equals(in, searched, searched + END.length, END, 0, END.length)) {
                return searched;
            }
        }
        return -1;
    }

    private void forget() throws IOException {
        if (channel.read(ByteBuffer.wrap(in)) < 0) {
            close();
        }
    }

    /**
     * @param ends whether nothing follows, whatever the request said
     */
    void answer(Answer answer, boolean ends) throws IOException {
        if (state == State.CLOSED) {
            return;
        }
        last |= ends;
        out = ByteBuffer.wrap(HttpText.of(answer, last));
        state = State.WRITING;
        within(limits.writeMs());
        write();
    }

    /** As much as the client takes. */
    void write() throws IOException {
        ByteBuffer rest = out;
        if (rest == null) {
            return;
        }
        channel.write(rest);
        if (rest.hasRemaining()) {
            key.interestOps(SelectionKey.OP_WRITE);
            return;
        }
        out = null;
        key.interestOps(SelectionKey.OP_READ);
        if (last) {
            state = State.ENDING;
            within(ENDING_MS);
            channel.shutdownOutput();
        } else {
            state = State.READING;
            within(length == 0 ? limits.idleMs() : limits.headMs());
        }
    }

    void close() {
        state = State.CLOSED;
        key.cancel();
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("A connection did not close", e);
        }
    }
}
