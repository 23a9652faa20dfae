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
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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
    private final ApiTable table;
    private final WireConfig config;
    private final RequestMetrics metrics;
    private final ByteBufAllocator allocator;
    private final Map<Channel, KafkaConnection> connections = new ConcurrentHashMap<>();

    private KafkaServer(
            List<ContextInternal> loops,
            ApiTable table,
            WireConfig config,
            RequestMetrics metrics,
            ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.loops = List.copyOf(loops);
        this.table = table;
        this.config = config;
        this.metrics = metrics;
    }

    /**
     * Starts to listen.
     *
     * @param loops event-loop contexts: connections go to them in turn, and their handlers are
     *     called on them; the first one also accepts
     * @param channels what makes server channels for these loops
     * @return the running listener; fails with a {@link java.net.BindException} if the address
     *     cannot be had
     */
    public static Future<Bound> bind(
            List<ContextInternal> loops,
            ChannelFactory<? extends ServerChannel> channels,
            SocketAddress address,
            ApiTable table,
            WireConfig config,
            RequestMetrics metrics) {
        return bind(loops, channels, address, table, config, metrics, ByteBufAllocator.DEFAULT);
    }

    /** With an allocator whose use a test can count. */
    static Future<Bound> bind(
            List<ContextInternal> loops,
            ChannelFactory<? extends ServerChannel> channels,
            SocketAddress address,
            ApiTable table,
            WireConfig config,
            RequestMetrics metrics,
            ByteBufAllocator allocator) {
        KafkaServer server = new KafkaServer(loops, table, config, metrics, allocator);
        Promise<Bound> bound = Promise.promise();
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
                .option(ChannelOption.SO_BACKLOG, 1024)
                .handler(server.new Acceptor())
                .bind(address)
                .addListener(
                        (io.netty.channel.ChannelFuture done) -> {
                            if (done.isSuccess()) {
                                bound.complete(server.new Bound(done.channel()));
                            } else {
                                bound.fail(done.cause());
                            }
                        });
        return bound.future();
    }

    /** A listener that is up. */
    public final class Bound {
        private final Channel listener;

        private Bound(Channel listener) {
            this.listener = listener;
        }

        public InetSocketAddress address() {
            return (InetSocketAddress) listener.localAddress();
        }

        /** Connections open now; any thread. */
        public int connections() {
            return connections.size();
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

    /** Runs on the first loop; what it reads are accepted channels. */
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private long nextId;
        private boolean full;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            Channel channel = (Channel) message;
            if (connections.size() >= config.maxConnections()) {
                if (!full) {
                    LOG.warn(
                            "max.connections={} reached; closing new connections",
                            config.maxConnections());
                }
                full = true;
                channel.unsafe().closeForcibly();
                return;
            }
            full = false;
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
            ContextInternal loop = loops.get((int) (id % loops.size()));
            KafkaConnection connection =
                    new KafkaConnection(
                            loop,
                            table,
                            config,
                            metrics,
                            id,
                            new FrameReader(allocator, config.maxRequestBytes()));
            channel.pipeline()
                    .addLast(new IdleStateHandler(0, 0, config.maxIdleMs(), TimeUnit.MILLISECONDS));
            channel.pipeline().addLast(connection);
            connections.put(channel, connection);
            channel.closeFuture().addListener(done -> connections.remove(channel));
            loop.nettyEventLoop()
                    .register(channel)
                    .addListener(
                            registered -> {
                                if (!registered.isSuccess()) {
                                    LOG.warn("A connection was lost", registered.cause());
                                    channel.unsafe().closeForcibly();
                                }
                            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // Usually too many open files: keep listening, but give the process a moment.
            LOG.error("Accepting a connection failed; trying again in a second", cause);
            context.channel().config().setAutoRead(false);
            context.executor()
                    .schedule(
                            () -> context.channel().config().setAutoRead(true),
                            1,
                            TimeUnit.SECONDS);
        }
    }
}
