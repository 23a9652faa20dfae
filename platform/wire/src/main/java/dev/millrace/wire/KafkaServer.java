package dev.millrace.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.timeout.IdleStateHandler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka listener: accepts connections and spreads them over event loops.
 *
 * <p>Built on Netty channels on Vert.x's event loops, not on Vert.x's NetServer: that one copies
 * every inbound buffer to the heap before a handler sees it, and its pipeline would have to be
 * taken apart again on each connection. Here the buffer that the socket read into is the one that
 * the request's record bytes are appended from, and handlers still run on a Vert.x event loop.
 */
public final class KafkaServer {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaServer.class);

    /** Above the high mark a connection is not read until its client has taken its answers. */
    private static final WriteBufferWaterMark WRITE_MARKS =
            new WriteBufferWaterMark(512 << 10, 2 << 20);

    private final List<ContextInternal> loops;
    private final LoopBalance balance;
    private final ApiTable table;
    private final WireConfig config;
    private final RequestMetrics metrics;
    private final RequestQuotas quotas;
    private final ByteBufAllocator allocator;
    private final Map<Channel, KafkaConnection> connections = new ConcurrentHashMap<>();
    private final RequestMemory memory;
    private final UnwelcomeClients unwelcome = new UnwelcomeClients(System::nanoTime);

    private KafkaServer(
            List<ContextInternal> loops,
            ApiTable table,
            WireConfig config,
            RequestMetrics metrics,
            RequestQuotas quotas,
            ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.quotas = quotas;
        this.loops = List.copyOf(loops);
        this.balance = new LoopBalance(loops);
        this.table = table;
        this.config = config;
        this.metrics = metrics;
        this.memory = new RequestMemory(config.maxQueuedBytes());
    }

    /**
     * Starts to listen.
     *
     * @param loops event-loop contexts: connections are spread over them, and their handlers are
     *     called on them; the first one also accepts
     * @param channels what makes server channels for these loops
     * @param quotas asked before each answer how long its connection is muted
     * @return the running listener; fails with a {@link java.net.BindException} if the address
     *     cannot be had
     */
    public static Future<Bound> bind(
            List<ContextInternal> loops,
            ChannelFactory<? extends ServerChannel> channels,
            SocketAddress address,
            ApiTable table,
            WireConfig config,
            RequestMetrics metrics,
            RequestQuotas quotas) {
        return bind(
                loops, channels, address, table, config, metrics, quotas, ByteBufAllocator.DEFAULT);
    }

    /** With an allocator whose use a test can count. */
    static Future<Bound> bind(
            List<ContextInternal> loops,
            ChannelFactory<? extends ServerChannel> channels,
            SocketAddress address,
            ApiTable table,
            WireConfig config,
            RequestMetrics metrics,
            RequestQuotas quotas,
            ByteBufAllocator allocator) {
        KafkaServer server = new KafkaServer(loops, table, config, metrics, quotas, allocator);
        Promise<Bound> bound = Promise.promise();
        Acceptor acceptor = server.new Acceptor();
        Bootstrap bootstrap = new Bootstrap();
        int receiveBufferBytes = config.sockets().receiveBufferBytes();
        if (receiveBufferBytes != SocketOptions.SYSTEM) {
            // Connections inherit it: the window is agreed upon before they are accepted.
            bootstrap.option(ChannelOption.SO_RCVBUF, receiveBufferBytes);
        }
        bootstrap
                .group(loops.get(0).nettyEventLoop())
                .channelFactory(channels)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, config.backlog())
                .handler(acceptor)
                .bind(address)
                .addListener(
                        (io.netty.channel.ChannelFuture done) -> {
                            if (done.isSuccess()) {
                                bound.complete(server.new Bound(done.channel(), acceptor));
                            } else {
                                bound.fail(done.cause());
                            }
                        });
        return bound.future();
    }

    /** A listener that is up. */
    public final class Bound {
        private final Channel listener;
        private final Acceptor acceptor;

        private Bound(Channel listener, Acceptor acceptor) {
            this.listener = listener;
            this.acceptor = acceptor;
        }

        public InetSocketAddress address() {
            return (InetSocketAddress) listener.localAddress();
        }

        /** Connections open now; any thread. */
        public int connections() {
            return connections.size();
        }

        /** Connections closed for sending something that is no request; any thread. */
        public long malformedConnections() {
            return unwelcome.malformed();
        }

        /** Connections closed at once, because their address has too many or is too fast. */
        public long refusedConnections() {
            return unwelcome.refused();
        }

        /** What requests take of {@code queued.max.request.bytes} now; 0 without that bound. */
        public long requestMemoryBytes() {
            return memory.usedBytes();
        }

        /** How often a connection had to wait for that memory. */
        public long requestMemoryWaits() {
            return memory.waits();
        }

        /**
         * From now on these limits; if fewer connections are allowed than there are, those that
         * were silent longest are closed. Any thread; nothing happens once the loops have ended.
         */
        public void limits(ConnectionLimits limits) {
            acceptor.onMyLoop(() -> acceptor.limits(limits));
        }

        /**
         * Stops accepting, lets every connection answer what it has taken in, closes them; after
         * {@code graceMs} those that are left are cut.
         */
        public Future<Void> close(long graceMs) {
            Promise<Void> closed = Promise.promise();
            listener.close()
                    .addListener(
                            done -> {
                                EventLoop loop = loops.get(0).nettyEventLoop();
                                long deadlineNs =
                                        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(graceMs);
                                connections.forEach(
                                        (channel, connection) ->
                                                channel.eventLoop().execute(connection::drain));
                                loop.execute(() -> awaitConnections(loop, deadlineNs, closed));
                            });
            return closed.future();
        }

        private void awaitConnections(EventLoop loop, long deadlineNs, Promise<Void> closed) {
            if (connections.isEmpty()) {
                closed.complete();
            } else if (System.nanoTime() - deadlineNs >= 0) {
                LOG.info("Cutting {} connections that did not finish", connections.size());
                connections.keySet().forEach(Channel::close);
                closed.complete();
            } else {
                loop.schedule(
                        () -> awaitConnections(loop, deadlineNs, closed),
                        10,
                        TimeUnit.MILLISECONDS);
            }
        }
    }

    /**
     * Runs on the first loop; what it reads are accepted channels. While the first of them has to
     * wait, no more are accepted: they stay in the system's backlog.
     */
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private final ConnectionAdmission admission = new ConnectionAdmission(config.connections());

        /** Accepted and not yet admitted: as many as Netty accepts at a time, at most. */
        private final ArrayDeque<Channel> waiting = new ArrayDeque<>();

        private @Nullable ChannelHandlerContext listening;
        private long nextId;
        private boolean full;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            listening = context;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            waiting.add((Channel) message);
            admitWaiting();
        }

        private void admitWaiting() {
            ChannelHandlerContext context = listening;
            if (context == null) {
                return;
            }
            for (Channel next = waiting.peek(); next != null; next = waiting.peek()) {
                long waitMs = admission.waitMs(nowMs());
                if (waitMs != 0) {
                    context.channel().config().setAutoRead(false);
                    if (waitMs > 0) {
                        context.executor()
                                .schedule(this::admitWaiting, waitMs, TimeUnit.MILLISECONDS);
                    } else if (!full) {
                        full = true;
                        LOG.warn(
                                "max.connections reached ({} are open); new ones wait",
                                connections.size());
                    }
                    return;
                }
                full = false;
                waiting.remove();
                admit(context, next);
            }
            context.channel().config().setAutoRead(true);
        }

        private void admit(ChannelHandlerContext context, Channel channel) {
            if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
                channel.unsafe().closeForcibly();
                return;
            }
            InetAddress ip = remote.getAddress();
            ConnectionAdmission.Verdict verdict = admission.admit(ip, nowMs());
            if (verdict instanceof ConnectionAdmission.Refused refused) {
                unwelcome.refused(ip, "it has " + refused.max() + ", the maximum");
                channel.unsafe().closeForcibly();
            } else if (verdict instanceof ConnectionAdmission.RefusedAfter refused) {
                unwelcome.refused(ip, "it connects too fast");
                context.executor()
                        .schedule(
                                () -> channel.unsafe().closeForcibly(),
                                refused.delayMs(),
                                TimeUnit.MILLISECONDS);
            } else {
                serve(channel, ip);
            }
        }

        private void serve(Channel channel, InetAddress ip) {
            long id = nextId++;
            channel.config().setOption(ChannelOption.TCP_NODELAY, true);
            channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
            int sendBufferBytes = config.sockets().sendBufferBytes();
            if (sendBufferBytes != SocketOptions.SYSTEM) {
                channel.config().setOption(ChannelOption.SO_SNDBUF, sendBufferBytes);
            }
            channel.config().setWriteBufferWaterMark(WRITE_MARKS);
            channel.config()
                    .setRecvByteBufAllocator(
                            new AdaptiveRecvByteBufAllocator(1024, 16 << 10, 512 << 10));
            channel.config().setAllocator(allocator);
            ContextInternal loop = balance.place(id);
            KafkaConnection connection =
                    new KafkaConnection(
                            loop,
                            balance,
                            table,
                            config,
                            metrics,
                            quotas,
                            id,
                            new FrameReader(allocator, config.maxRequestBytes(), memory),
                            memory,
                            unwelcome);
            channel.pipeline()
                    .addLast(new IdleStateHandler(0, 0, config.maxIdleMs(), TimeUnit.MILLISECONDS));
            channel.pipeline().addLast(connection);
            connections.put(channel, connection);
            channel.closeFuture()
                    .addListener(
                            done -> {
                                connections.remove(channel);
                                balance.left(connection.loop());
                                onMyLoop(() -> left(ip));
                            });
            loop.nettyEventLoop()
                    .register(channel)
                    .addListener(
                            registered -> {
                                if (!registered.isSuccess()) {
                                    LOG.warn("A connection was lost", registered.cause());
                                    channel.unsafe().closeForcibly();
                                    connections.remove(channel);
                                    onMyLoop(() -> left(ip));
                                }
                            });
        }

        private void onMyLoop(Runnable step) {
            EventLoop loop = loops.get(0).nettyEventLoop();
            if (loop.inEventLoop()) {
                step.run();
                return;
            }
            try {
                loop.execute(step);
            } catch (RejectedExecutionException e) {
                LOG.debug("The accepting loop has ended, and with it the listener", e);
            }
        }

        private void left(InetAddress ip) {
            admission.left(ip);
            if (!waiting.isEmpty()) {
                admitWaiting();
            }
        }

        private void limits(ConnectionLimits limits) {
            if (!admission.limits(limits)) {
                return;
            }
            connections.entrySet().stream()
                    .sorted(Comparator.comparingLong(entry -> entry.getValue().lastRequestNs()))
                    .limit(admission.excess())
                    .forEach(entry -> entry.getKey().close());
            admitWaiting();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            listening = null;
            waiting.forEach(channel -> channel.unsafe().closeForcibly());
            waiting.clear();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // Usually too many open files: keep listening, but give the process a moment.
            LOG.error("Accepting a connection failed; trying again in a second", cause);
            context.channel().config().setAutoRead(false);
            context.executor().schedule(this::admitWaiting, 1, TimeUnit.SECONDS);
        }
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }
}
