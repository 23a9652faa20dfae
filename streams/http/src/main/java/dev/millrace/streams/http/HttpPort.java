package dev.millrace.streams.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for requests that have no body, on one thread for all connections. A client that dawdles,
 * with its request or with taking the answer, holds a connection and its few bytes until its time
 * is up, and never a thread of those that answer.
 */
final class HttpPort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpPort.class);
    private static final int BACKLOG = 128;
    private static final long SWEEP_MS = 250;
    private static final long CLOSE_WITHIN_MS = 1_000;

    /** Answers, now or later, on any thread; once. */
    interface Handler {
        void handle(HttpHead request, Consumer<Answer> reply);
    }

    private record Reply(HttpConnection connection, Answer answer) {}

    private final HttpLimits limits;
    private final Handler handler;
    private final Executor executor;
    private final Selector selector;
    private final ServerSocketChannel listening;
    private final SelectionKey accepting;
    private final InetSocketAddress address;
    private final Set<HttpConnection> connections = new HashSet<>(); // thread only
    private final Queue<Reply> replies = new ConcurrentLinkedQueue<>(); // one a connection at most
    private final LongAdder timedOut = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Thread thread;
    private boolean paused; // thread only; nobody is let in until the next sweep
    private volatile int open;
    private volatile boolean closing;
    private boolean listens = true; // thread only

    /**
     * @param executor runs the handler; what it rejects is answered with 503
     * @throws IOException when the port is taken
     */
    HttpPort(InetSocketAddress wanted, HttpLimits limits, Handler handler, Executor executor)
            throws IOException {
        this.limits = limits;
        this.handler = handler;
        this.executor = executor;
        this.selector = Selector.open();
        this.listening = ServerSocketChannel.open();
        try {
            listening.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listening.bind(wanted, BACKLOG);
            listening.configureBlocking(false);
            this.accepting = listening.register(selector, SelectionKey.OP_ACCEPT);
            this.address = (InetSocketAddress) listening.getLocalAddress();
        } catch (IOException | RuntimeException e) {
            listening.close();
            selector.close();
            throw e;
        }
        this.thread = new Thread(this::run, "millrace-stores-http");
        this.thread.setDaemon(true);
        this.thread.start();
    }

    InetSocketAddress address() {
        return address;
    }

    Map<String, Long> counts() {
        return Map.of(
                "connections",
                (long) open,
                "connections-refused",
                refused.sum(),
                "requests-timed-out",
                timedOut.sum());
    }

    private void run() {
        try {
            long sweptNs = System.nanoTime();
            while (listens || !connections.isEmpty()) {
                selector.select(connections.isEmpty() && !paused ? 0 : SWEEP_MS);
                answered();
                selector.selectedKeys().forEach(this::ready);
                selector.selectedKeys().clear();
                long nowNs = System.nanoTime();
                if (nowNs - sweptNs >= TimeUnit.MILLISECONDS.toNanos(SWEEP_MS)) {
                    sweptNs = nowNs;
                    sweep(nowNs);
                }
                if (closing) {
                    stopListening();
                }
                connections.removeIf(each -> each.state() == HttpConnection.State.CLOSED);
                open = connections.size();
            }
            selector.close();
        } catch (ClosedSelectorException e) {
            LOG.debug("{} requests were not answered before the end", connections.size());
        } catch (IOException e) {
            LOG.error("No more requests are taken at {}", address, e);
        } finally {
            connections.forEach(HttpConnection::close);
        }
    }

    private void stopListening() throws IOException {
        listening.close();
        listens = false;
        for (HttpConnection each : connections) {
            if (each.isIdle()) {
                each.close();
            }
        }
    }

    private void ready(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.attachment() instanceof HttpConnection connection) {
            guarded(
                    connection,
                    () -> {
                        if (key.isWritable()) {
                            connection.write();
                            ask(connection, connection.next());
                        } else {
                            ask(connection, connection.read());
                        }
                    });
        } else {
            accept();
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    /** What goes wrong with one client is its own affair. */
    private void guarded(HttpConnection connection, Step step) {
        try {
            try {
                step.run();
            } catch (Refused e) {
                connection.answer(e.answer(), true);
            }
        } catch (IOException e) {
            LOG.debug("A client is gone", e);
            connection.close();
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listening.accept();
            if (channel == null) {
                return;
            }
            if (connections.size() >= limits.connections() && !makeRoom()) {
                refused.increment();
                channel.close();
                return;
            }
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            HttpConnection connection = new HttpConnection(channel, key, limits);
            key.attach(connection);
            connections.add(connection);
        } catch (ClosedChannelException e) {
            LOG.debug("Closed while a client came", e);
        } catch (IOException e) {
            refused.increment();
            LOG.warn("A client at {} could not be let in: {}", address, e.toString());
            paused = true;
            accepting.interestOps(0);
        }
    }

    private boolean makeRoom() {
        for (HttpConnection each : connections) {
            if (each.isIdle()) {
                each.close();
                connections.remove(each);
                refused.increment();
                return true;
            }
        }
        return false;
    }

    private void ask(HttpConnection connection, @Nullable HttpHead request) throws IOException {
        if (request == null) {
            return;
        }
        try {
            executor.execute(() -> handle(connection, request));
        } catch (RejectedExecutionException e) {
            connection.answer(
                    Refused.unavailable("busy", "Too many questions wait already").answer(), true);
        }
    }

    private void handle(HttpConnection connection, HttpHead request) {
        try {
            handler.handle(request, answer -> reply(connection, answer));
        } catch (RuntimeException e) {
            LOG.warn("{} {} failed", request.method(), request.target(), e);
            reply(connection, new Refused(500, "failed", e.toString()).answer());
        }
    }

    private void reply(HttpConnection connection, Answer answer) {
        replies.add(new Reply(connection, answer));
        selector.wakeup();
    }

    private void answered() {
        for (Reply reply = replies.poll(); reply != null; reply = replies.poll()) {
            HttpConnection connection = reply.connection();
            Answer answer = reply.answer();
            guarded(
                    connection,
                    () -> {
                        connection.answer(answer, closing);
                        ask(connection, connection.next());
                    });
        }
    }

    private void sweep(long nowNs) {
        if (paused && accepting.isValid()) {
            paused = false;
            accepting.interestOps(SelectionKey.OP_ACCEPT);
        }
        for (HttpConnection each : connections) {
            if (each.isLate(nowNs)) {
                late(each);
            }
        }
    }

    private void late(HttpConnection connection) {
        boolean begun = connection.state() == HttpConnection.State.READING && !connection.isIdle();
        if (begun || connection.state() == HttpConnection.State.WRITING) {
            timedOut.increment();
        }
        if (!begun) {
            connection.close();
            return;
        }
        guarded(
                connection,
                () ->
                        connection.answer(
                                new Refused(
                                                408,
                                                "too_slow",
                                                "A request has "
                                                        + limits.headMs()
                                                        + " ms to arrive.")
                                        .answer(),
                                true));
    }

    /** Answers what is under way, for up to a second. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            thread.join(CLOSE_WITHIN_MS);
            if (thread.isAlive()) {
                selector.close();
                thread.join(CLOSE_WITHIN_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("The selector did not close", e);
        }
    }
}
