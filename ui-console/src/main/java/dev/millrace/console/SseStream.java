package dev.millrace.console;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One Server-Sent Events response. Events may be offered by any thread; they are written on the
 * response's event loop. At most {@link #MAX_UNWRITTEN} events wait for the socket: whoever wants
 * to send more is refused and keeps or drops his data himself.
 *
 * <p>A {@code heartbeat} event goes out every few seconds; a browser that takes nothing for {@link
 * #STUCK_MS} is cut off.
 */
final class SseStream {
    private static final int MAX_UNWRITTEN = 4;
    private static final long HEARTBEAT_MS = 5_000;
    private static final long STUCK_MS = 30_000;

    private final Vertx vertx;
    private final Context context;
    private final HttpServerResponse response;
    private final Semaphore permits = new Semaphore(MAX_UNWRITTEN);
    private final Promise<Void> closed = Promise.promise();
    private final long timer;
    private long writtenAtMs = System.currentTimeMillis(); // event loop only

    private SseStream(Vertx vertx, RoutingContext request) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.response = request.response();
        response.putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Accel-Buffering", "no")
                // Compression would hold small events back.
                .putHeader("Content-Encoding", "identity")
                .setChunked(true);
        timer = vertx.setPeriodic(HEARTBEAT_MS, tick -> heartbeat());
        response.exceptionHandler(failure -> ended());
        response.closeHandler(closing -> ended());
        response.endHandler(end -> ended());
    }

    /** Answers with the head of the stream; to be called on the request's event loop. */
    static SseStream open(Vertx vertx, RoutingContext request) {
        SseStream stream = new SseStream(vertx, request);
        stream.response.write("retry: 1000\n\n").onFailure(failure -> stream.ended());
        return stream;
    }

    /** Completes when the browser went away or the stream was closed. */
    Future<Void> closed() {
        return closed.future();
    }

    boolean isClosed() {
        return closed.future().isComplete();
    }

    /** Sends if the socket keeps up, and says whether it did. Any thread. */
    boolean offer(String event, @Nullable String id, String json) {
        if (isClosed() || !permits.tryAcquire()) {
            return false;
        }
        write(event, id, json);
        return true;
    }

    /** Waits for the socket; false when the stream ended meanwhile. Never on an event loop. */
    boolean send(String event, @Nullable String id, String json) throws InterruptedException {
        while (!isClosed()) {
            if (permits.tryAcquire(200, TimeUnit.MILLISECONDS)) {
                write(event, id, json);
                return true;
            }
        }
        return false;
    }

    /** Whether an offer would be taken now. */
    boolean isWritable() {
        return permits.availablePermits() > 0;
    }

    void close() {
        context.runOnContext(
                now -> {
                    if (!isClosed()) {
                        response.end();
                        ended();
                    }
                });
    }

    private void write(String event, @Nullable String id, String json) {
        StringBuilder text = new StringBuilder(json.length() + 64);
        text.append("event: ").append(event).append('\n');
        if (id != null) {
            text.append("id: ").append(id).append('\n');
        }
        text.append("data: ").append(json).append("\n\n");
        context.runOnContext(
                now -> {
                    if (isClosed()) {
                        permits.release();
                        return;
                    }
                    response.write(text.toString())
                            .onComplete(
                                    written -> {
                                        writtenAtMs = System.currentTimeMillis();
                                        permits.release();
                                        if (written.failed()) {
                                            ended();
                                        }
                                    });
                });
    }

    private void heartbeat() {
        long nowMs = System.currentTimeMillis();
        if (!offer("heartbeat", null, "{\"at\":" + nowMs + "}") && nowMs - writtenAtMs > STUCK_MS) {
            response.reset();
            ended();
        }
    }

    private void ended() {
        vertx.cancelTimer(timer);
        closed.tryComplete();
    }
}
