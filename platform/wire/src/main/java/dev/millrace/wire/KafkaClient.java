package dev.millrace.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.jspecify.annotations.Nullable;

/**
 * One connection to another broker: requests go out in order, and answers come back in the same.
 *
 * <pre>
 * | length: int32 | header: api, version, correlation id, client id | body |
 * | length: int32 | header: correlation id                          | body |
 * </pre>
 *
 * Both ends are of the same version, or the newer one knows what the older one says: there is no
 * ApiVersions before the first request. Belongs to one event loop, that of its context; an answer
 * is handled there, in one call.
 */
public final class KafkaClient {
    private static final int MAX_IN_FLIGHT = 1_000;
    private static final int MAX_RESPONSE_BYTES = 256 << 20;

    private final Channel channel;
    private final String clientId;
    private final long timeoutNs;
    private final long silenceNs;
    private final ArrayDeque<Waiting> inFlight = new ArrayDeque<>();
    private int nextCorrelationId;
    private long heardNs;
    private @Nullable ScheduledFuture<?> watch;
    private @Nullable Throwable closed;

    /** Takes the answer to one request; on the connection's event loop. */
    public interface Answer {
        /**
         * @param message the API's response; records in it are slices of what the socket read into,
         *     and valid only in this call
         */
        void answered(ApiMessage message);

        /** The connection was lost, or the answer was none: whether the request had an effect. */
        void lost(Throwable cause);
    }

    private record Waiting(
            ApiKeys api, short version, int correlationId, long sentNs, Answer answer) {}

    private KafkaClient(Channel channel, String clientId, long timeoutMs, long silenceMs) {
        this.channel = channel;
        this.clientId = clientId;
        this.timeoutNs = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        this.silenceNs = TimeUnit.MILLISECONDS.toNanos(Math.min(timeoutMs, silenceMs));
    }

    /**
     * @param loop the event loop that the connection belongs to
     * @param channels what makes client channels for it
     * @param timeoutMs how long an answer may take: then the connection is closed
     * @param silenceMs how long nothing at all may come while an answer is due, be it a part of it:
     *     then too, since the way there is more likely broken than slow, and a new connection finds
     *     another as soon as there is one, while the old one waits ever longer before it tries; and
     *     how long connecting may take
     * @return on that loop
     */
    public static Future<KafkaClient> connect(
            ContextInternal loop,
            ChannelFactory<? extends Channel> channels,
            InetSocketAddress address,
            String clientId,
            long timeoutMs,
            long silenceMs) {
        Promise<KafkaClient> connected = loop.promise();
        Bootstrap bootstrap = new Bootstrap();
        bootstrap
                .group(loop.nettyEventLoop())
                .channelFactory(channels)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        (int) Math.min(Math.min(timeoutMs, silenceMs), Integer.MAX_VALUE))
                .handler(new ChannelInboundHandlerAdapter())
                .connect(address)
                .addListener(
                        (ChannelFuture done) -> {
                            if (done.isSuccess()) {
                                KafkaClient client =
                                        new KafkaClient(
                                                done.channel(), clientId, timeoutMs, silenceMs);
                                client.start();
                                connected.complete(client);
                            } else {
                                connected.fail(done.cause());
                            }
                        });
        return connected.future();
    }

    private void start() {
        channel.config()
                .setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator(1024, 16 << 10, 1 << 20));
        channel.pipeline().addLast(new Inbound());
        heardNs = System.nanoTime();
        long intervalNs = Math.max(1, silenceNs / 4);
        watch =
                channel.eventLoop()
                        .scheduleWithFixedDelay(
                                this::closeIfSilent, intervalNs, intervalNs, TimeUnit.NANOSECONDS);
    }

    private void closeIfSilent() {
        Waiting oldest = inFlight.peek();
        if (oldest == null) {
            return;
        }
        long nowNs = System.nanoTime();
        boolean silent = nowNs - oldest.sentNs > silenceNs && nowNs - heardNs > silenceNs;
        if (silent || nowNs - oldest.sentNs > timeoutNs) {
            close(
                    new IOException(
                            "%s has not answered %s for %d ms"
                                    .formatted(
                                            channel.remoteAddress(),
                                            oldest.api,
                                            TimeUnit.NANOSECONDS.toMillis(nowNs - oldest.sentNs))));
        }
    }

    /** Event loop only. */
    public boolean isOpen() {
        return closed == null;
    }

    /** Event loop only. */
    public void send(ApiKeys api, short version, ApiMessage request, Answer answer) {
        if (closed != null) {
            answer.lost(closed);
            return;
        }
        if (inFlight.size() >= MAX_IN_FLIGHT) {
            answer.lost(
                    new IOException(
                            "%d requests to %s wait for an answer, the most there may be"
                                    .formatted(MAX_IN_FLIGHT, channel.remoteAddress())));
            return;
        }
        int correlationId = nextCorrelationId++;
        ByteBuf frame;
        try {
            frame = encode(api, version, correlationId, request);
        } catch (RuntimeException e) {
            answer.lost(e);
            return;
        }
        inFlight.add(new Waiting(api, version, correlationId, System.nanoTime(), answer));
        channel.writeAndFlush(frame, channel.voidPromise());
    }

    /** The same for requests whose answers have no records. On the connection's event loop. */
    public Future<ApiMessage> ask(ApiKeys api, short version, ApiMessage request) {
        Promise<ApiMessage> promise = Promise.promise();
        send(
                api,
                version,
                request,
                new Answer() {
                    @Override
                    public void answered(ApiMessage message) {
                        promise.complete(message);
                    }

                    @Override
                    public void lost(Throwable cause) {
                        promise.fail(cause);
                    }
                });
        return promise.future();
    }

    private ByteBuf encode(ApiKeys api, short version, int correlationId, ApiMessage request) {
        short headerVersion = api.requestHeaderVersion(version);
        RequestHeaderData header =
                new RequestHeaderData()
                        .setRequestApiKey(api.id)
                        .setRequestApiVersion(version)
                        .setCorrelationId(correlationId)
                        .setClientId(clientId);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        request.addSize(size, cache, version);
        int frameBytes = Integer.BYTES + size.totalSize();
        ByteBuf frame = channel.alloc().ioBuffer(frameBytes, frameBytes);
        try {
            ByteBufferAccessor out = new ByteBufferAccessor(frame.nioBuffer(0, frameBytes));
            out.writeInt(size.totalSize());
            header.write(out, cache, headerVersion);
            request.write(out, cache, version);
            return frame.writerIndex(frameBytes);
        } catch (RuntimeException e) {
            frame.release();
            throw e;
        }
    }

    /** Whoever waits for an answer is told. Event loop only; idempotent. */
    public void close() {
        close(new IOException("the connection to " + channel.remoteAddress() + " was closed"));
    }

    private void close(Throwable cause) {
        if (closed != null) {
            return;
        }
        closed = cause;
        if (watch != null) {
            watch.cancel(false);
        }
        channel.close();
        for (Waiting waiting = inFlight.poll(); waiting != null; waiting = inFlight.poll()) {
            waiting.answer.lost(cause);
        }
    }

    private final class Inbound extends ChannelInboundHandlerAdapter {
        private @Nullable FrameReader frames;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            frames =
                    new FrameReader(
                            context.alloc(),
                            MAX_RESPONSE_BYTES,
                            new RequestMemory(WireConfig.UNLIMITED));
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            FrameReader reader = frames;
            if (reader == null || !(message instanceof ByteBuf bytes)) {
                ReferenceCountUtil.release(message);
                return;
            }
            heardNs = System.nanoTime();
            reader.add(bytes);
            try {
                for (ByteBuf frame = reader.next(); frame != null; frame = reader.next()) {
                    try {
                        answer(frame.nioBuffer());
                    } finally {
                        frame.release();
                    }
                    if (closed != null) {
                        return;
                    }
                }
            } catch (RuntimeException e) {
                close(e);
            }
        }

        private void answer(ByteBuffer frame) {
            Waiting waiting = inFlight.poll();
            ByteBufferAccessor in = new ByteBufferAccessor(frame);
            if (waiting == null) {
                throw new IllegalStateException(
                        channel.remoteAddress() + " has answered what was not asked");
            }
            ApiMessage message;
            try {
                ResponseHeaderData header =
                        new ResponseHeaderData(
                                in, waiting.api.responseHeaderVersion(waiting.version));
                if (header.correlationId() != waiting.correlationId) {
                    throw new IllegalStateException(
                            "%s has answered request %d, the next is %d"
                                    .formatted(
                                            channel.remoteAddress(),
                                            header.correlationId(),
                                            waiting.correlationId));
                }
                message = ApiMessageType.fromApiKey(waiting.api.id).newResponse();
                message.read(in, waiting.version);
            } catch (RuntimeException e) {
                waiting.answer.lost(e);
                throw e;
            }
            waiting.answer.answered(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            release();
            close(new IOException(channel.remoteAddress() + " has closed the connection"));
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            release();
        }

        private void release() {
            FrameReader reader = frames;
            frames = null;
            if (reader != null) {
                reader.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            close(cause);
        }
    }
}
