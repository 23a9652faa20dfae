package dev.millrace.sql.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Chunks from a query's thread to a connection, a few of them under way at a time: the thread waits
 * while the peer is slow. Chunks arrive in the order they are sent.
 */
final class Outbox {
    private static final int MAX_UNDER_WAY = 4;

    private final Context context;
    private final Function<Buffer, Future<?>> write;
    private final Semaphore room = new Semaphore(MAX_UNDER_WAY);
    private volatile boolean closed;

    /**
     * @param context the connection's event loop
     * @param write called on that loop; its future completes when the chunk has left
     */
    Outbox(Context context, Function<Buffer, Future<?>> write) {
        this.context = context;
        this.write = write;
    }

    /**
     * Sends a chunk; blocks while too many are under way. Never on an event loop.
     *
     * @return false if the connection is gone
     */
    boolean send(byte[] chunk) throws InterruptedException {
        if (closed) {
            return false;
        }
        room.acquire();
        if (closed) {
            return false;
        }
        context.runOnContext(
                v ->
                        write.apply(Buffer.buffer(chunk))
                                .onComplete(
                                        done -> {
                                            if (done.failed()) {
                                                close();
                                            }
                                            room.release();
                                        }));
        return true;
    }

    /** The connection is gone: nobody waits any more. */
    void close() {
        closed = true;
        room.release(MAX_UNDER_WAY);
    }

    boolean closed() {
        return closed;
    }
}
