package dev.millrace.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.handler.timeout.IdleStateEvent;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: cuts frames, hands requests to their handlers as they arrive, sends the
 * answers in the order of the requests.
 *
 * <p>Back-pressure: while too many requests or bytes are unanswered, the client does not read its
 * answers, a quota says so, or requests of all connections use up the memory they may have, the
 * socket is not read. Bytes that are no request close the connection, and nothing else. Event loop
 * only; answers from other threads are moved here first.
 *
 * <p>A connection whose requests belong to another event loop ({@link ApiHandler#home}) moves
 * there, at a moment when nothing of it is under way.
 */
final class KafkaConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaConnection.class);

    /** Current while handlers are called, so that they may use Vert.x as in a verticle. */
    private ContextInternal vertxContext;

    private final LoopBalance balance;
    private final Homing homing = new Homing();
    private final ApiTable table;
    private final WireConfig config;
    private final RequestMetrics metrics;
    private final RequestQuotas quotas;
    private final long id;
    private final FrameReader frames;
    private final RequestMemory memory;
    private final UnwelcomeClients unwelcome;
    private final Runnable memoryIsFree = this::memoryIsFree;

    /** Unanswered requests, oldest first. */
    private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>();

    private int inFlightBytes;
    private boolean cutting;
    private boolean reading;
    private boolean flushScheduled;
    private boolean draining;
    private boolean closed;

    /** On its way to another loop: nothing is read, and nothing is under way. */
    private boolean moving;

    /** Nothing is cut or read until the memory of requests is not used up any more. */
    private boolean starving;

    /** Throttled: not read, whatever it sends, until {@link #mutedUntilNs}. */
    private boolean muted;

    private long mutedUntilNs;

    /** Read by the accepting loop too, for which an old value is good enough. */
    private long lastRequestNs = System.nanoTime();

    private @Nullable ChannelHandlerContext ctx;
    private InetSocketAddress client = InetSocketAddress.createUnresolved("unknown", 0);
    private ClientSoftware software = ClientSoftware.UNKNOWN;

    /** One request on its way. */
    private static final class Exchange {
        private final RequestMemory memory;
        final RequestContext context;
        final AbstractRequest request;
        final int sizeBytes;

        /** Kept while the handler uses record bytes of the frame; null for all other APIs. */
        private @Nullable ByteBuf frame;

        boolean answered;

        /** What decoding and handling took of this loop; measured while there are quotas. */
        long spentNs;

        @Nullable ApiMessage response;
        @Nullable Throwable failure;

        Exchange(
                RequestContext context,
                AbstractRequest request,
                int sizeBytes,
                @Nullable ByteBuf frame,
                RequestMemory memory) {
            this.memory = memory;
            this.context = context;
            this.request = request;
            this.sizeBytes = sizeBytes;
            this.frame = frame;
        }

        void releaseFrame() {
            if (frame != null) {
                frame.release();
                frame = null;
                memory.release(sizeBytes);
            }
        }
    }

    KafkaConnection(
            ContextInternal vertxContext,
            LoopBalance balance,
            ApiTable table,
            WireConfig config,
            RequestMetrics metrics,
            RequestQuotas quotas,
            long id,
            FrameReader frames,
            RequestMemory memory,
            UnwelcomeClients unwelcome) {
        this.vertxContext = vertxContext;
        this.balance = balance;
        this.table = table;
        this.config = config;
        this.metrics = metrics;
        this.quotas = quotas;
        this.id = id;
        this.frames = frames;
        this.memory = memory;
        this.unwelcome = unwelcome;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (context.channel().remoteAddress() instanceof InetSocketAddress address) {
            client = address;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (closed) {
            ((ByteBuf) message).release();
            return;
        }
        reading = true;
        frames.add((ByteBuf) message);
        cutFrames(context);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        reading = false;
        context.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        cutFrames(context);
    }

    /** Hands over whole frames until none is left or too much is unanswered. */
    private void cutFrames(ChannelHandlerContext context) {
        if (cutting || closed) {
            return;
        }
        cutting = true;
        boolean beginsToStarve = false;
        ContextInternal previous = vertxContext.beginDispatch();
        try {
            while (!closed && !draining) {
                if (saturated(context)) {
                    // Many may be answered already, and nobody would come back for the rest.
                    sendAnswers(context);
                    if (closed || saturated(context)) {
                        break;
                    }
                }
                ByteBuf frame = frames.next();
                if (frame == null) {
                    beginsToStarve = frames.starved();
                    starving = beginsToStarve;
                    break;
                }
                dispatch(context, frame);
                if (quotas.enabled()) {
                    // Each request decides whether the next one is read.
                    sendAnswers(context);
                }
            }
        } catch (RuntimeException e) {
            // The codec signals bytes that are no request with many kinds of exceptions.
            malformed(context, e);
        } finally {
            vertxContext.endDispatch(previous);
            cutting = false;
        }
        sendAnswers(context);
        if (!closed) {
            context.channel().config().setAutoRead(!draining && !saturated(context));
            if (homing.isDue() && !moving && exchanges.isEmpty()) {
                moving = true;
                // Behind the flush that may be waiting.
                context.executor().execute(() -> move(context));
            }
            if (beginsToStarve) {
                memory.await(memoryIsFree);
            }
        }
    }

    /** From any thread. */
    private void memoryIsFree() {
        ChannelHandlerContext context = ctx;
        if (context == null) {
            return;
        }
        try {
            context.channel()
                    .eventLoop()
                    .execute(
                            () -> {
                                starving = false;
                                cutFrames(context);
                            });
        } catch (RejectedExecutionException e) {
            LOG.debug("The event loop has ended, and with it the connection of {}", client, e);
        }
    }

    private boolean saturated(ChannelHandlerContext context) {
        return muted
                || moving
                || homing.isDue()
                || starving
                || exchanges.size() >= config.maxInFlightRequests()
                || inFlightBytes >= config.maxInFlightBytes()
                || !context.channel().isWritable();
    }

    private void dispatch(ChannelHandlerContext context, ByteBuf frame) {
        int sizeBytes = frame.readableBytes();
        boolean keepFrame = false;
        Exchange exchange;
        ApiTable.Entry entry;
        try {
            ByteBuffer bytes = frame.nioBuffer();
            RequestHeader header = RequestHeader.parse(bytes);
            ApiKeys api = header.apiKey();
            short version = header.apiVersion();
            entry = table.find(api.id);
            if (entry == null) {
                throw new InvalidRequestException(
                        "%s v%d is not served here; ApiVersions says what is"
                                .formatted(api, version));
            }
            RequestContext request =
                    new RequestContext(
                            api,
                            version,
                            header.correlationId(),
                            header.clientId(),
                            client,
                            KafkaPrincipal.ANONYMOUS,
                            software,
                            id,
                            System.nanoTime());
            if (!entry.answers(version)) {
                refuseVersion(context, entry, request, sizeBytes);
                return;
            }
            keepFrame = api == ApiKeys.PRODUCE;
            AbstractRequest body =
                    AbstractRequest.parseRequest(
                                    api,
                                    version,
                                    keepFrame
                                            ? RequestReader.slicing(bytes)
                                            : RequestReader.copying(bytes))
                            .request;
            exchange = new Exchange(request, body, sizeBytes, keepFrame ? frame : null, memory);
        } catch (RuntimeException e) {
            if (keepFrame) {
                frame.release();
                memory.release(sizeBytes);
            }
            throw e;
        } finally {
            if (!keepFrame) {
                frame.release();
                memory.release(sizeBytes);
            }
        }
        if (exchange.request.data() instanceof ApiVersionsRequestData hello) {
            software =
                    new ClientSoftware(hello.clientSoftwareName(), hello.clientSoftwareVersion());
        }
        open(exchange);
        if (homing.listens()) {
            homing.heard(entry.handler().home(exchange.request.data()), vertxContext);
        }
        call(context, entry.handler(), exchange);
    }

    /** When this client last asked for something, by {@link System#nanoTime}; any thread. */
    long lastRequestNs() {
        return lastRequestNs;
    }

    private void open(Exchange exchange) {
        lastRequestNs = exchange.context.receivedNs();
        exchanges.add(exchange);
        inFlightBytes += exchange.sizeBytes;
    }

    private void call(
            ChannelHandlerContext context,
            ApiHandler<ApiMessage, ApiMessage> handler,
            Exchange exchange) {
        Future<ApiMessage> future;
        try {
            future = handler.handle(exchange.context, exchange.request.data());
        } catch (RuntimeException e) {
            future = Future.failedFuture(e);
        }
        if (quotas.enabled()) {
            exchange.spentNs = System.nanoTime() - exchange.context.receivedNs();
        }
        future.onComplete(
                result -> {
                    if (context.executor().inEventLoop()) {
                        answered(context, exchange, result.result(), result.cause());
                        return;
                    }
                    try {
                        context.executor()
                                .execute(
                                        () ->
                                                answered(
                                                        context,
                                                        exchange,
                                                        result.result(),
                                                        result.cause()));
                    } catch (RejectedExecutionException e) {
                        // The event loop has ended, and with it the connection.
                        exchange.releaseFrame();
                    }
                });
    }

    private void answered(
            ChannelHandlerContext context,
            Exchange exchange,
            @Nullable ApiMessage response,
            @Nullable Throwable failure) {
        exchange.releaseFrame();
        exchange.answered = true;
        exchange.response = response;
        exchange.failure = failure;
        if (!cutting && exchanges.peek() == exchange) {
            cutFrames(context);
        }
    }

    /** Sends the answers of the oldest requests, up to the first that is still open. */
    private void sendAnswers(ChannelHandlerContext context) {
        boolean written = false;
        for (Exchange next = exchanges.peek();
                next != null && next.answered && !closed;
                next = exchanges.peek()) {
            exchanges.remove();
            inFlightBytes -= next.sizeBytes;
            written |= send(context, next);
        }
        if (draining && exchanges.isEmpty() && !closed) {
            closed = true;
            context.writeAndFlush(context.alloc().buffer(0)).addListener(done -> context.close());
        } else if (written && !reading && !flushScheduled) {
            // Answers that become ready in the same turn of the loop leave in one write.
            flushScheduled = true;
            context.executor()
                    .execute(
                            () -> {
                                flushScheduled = false;
                                context.flush();
                            });
        }
    }

    /** True if something was written. */
    private boolean send(ChannelHandlerContext context, Exchange exchange) {
        RequestContext request = exchange.context;
        ApiMessage response = exchange.response;
        Throwable failure = exchange.failure;
        if (failure != null) {
            response =
                    failure instanceof DisconnectException
                            ? null
                            : errorResponse(exchange, failure);
            if (response == null) {
                // No response is due, or none would be true, so closing is the only way to tell.
                close(context);
                return false;
            }
        }
        boolean counted = quotas.enabled();
        if (counted) {
            response = throttle(context, exchange, response);
        }
        if (response == null) {
            metrics.answered(
                    request, System.nanoTime() - request.receivedNs(), exchange.sizeBytes, 0);
            return false;
        }
        long encodingSinceNs = counted ? System.nanoTime() : 0;
        ResponseEncoder.Encoded encoded;
        try {
            encoded = encode(context, request, response);
        } catch (RuntimeException e) {
            LOG.error(
                    "{} v{}: the response cannot be encoded; closing the connection of {}",
                    request.api(),
                    request.version(),
                    request.client(),
                    e);
            close(context);
            return false;
        }
        context.write(encoded.first(), context.voidPromise());
        for (Object part : encoded.rest()) {
            context.write(part, context.voidPromise());
        }
        metrics.answered(
                request,
                System.nanoTime() - request.receivedNs(),
                exchange.sizeBytes,
                encoded.sizeBytes());
        if (counted) {
            quotas.spentMore(request, System.nanoTime() - encodingSinceNs);
        }
        return true;
    }

    /** KIP-219: the answer leaves at once and says for how long this connection is not read. */
    private @Nullable ApiMessage throttle(
            ChannelHandlerContext context, Exchange exchange, @Nullable ApiMessage response) {
        int throttleMs =
                quotas.throttleMs(
                        exchange.context,
                        exchange.request.data(),
                        response,
                        exchange.sizeBytes,
                        exchange.spentNs);
        if (throttleMs <= 0) {
            return response;
        }
        mute(context, throttleMs);
        if (response == null) {
            return null;
        }
        // That of ApiVersions is shared by all its requests.
        ApiMessage mine =
                exchange.context.api() == ApiKeys.API_VERSIONS
                        ? (ApiMessage) response.duplicate()
                        : response;
        ThrottleTime.set(mine, throttleMs);
        return mine;
    }

    private void mute(ChannelHandlerContext context, int throttleMs) {
        long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(throttleMs);
        if (!muted) {
            muted = true;
            mutedUntilNs = untilNs;
            context.executor().schedule(() -> unmute(context), throttleMs, TimeUnit.MILLISECONDS);
        } else if (untilNs - mutedUntilNs > 0) {
            mutedUntilNs = untilNs;
        }
    }

    private void unmute(ChannelHandlerContext context) {
        long leftNs = mutedUntilNs - System.nanoTime();
        if (leftNs > 0) {
            context.executor().schedule(() -> unmute(context), leftNs, TimeUnit.NANOSECONDS);
            return;
        }
        muted = false;
        cutFrames(context);
    }

    // ---- Moving to another event loop

    private void move(ChannelHandlerContext context) {
        ContextInternal target = homing.destination();
        Channel channel = context.channel();
        context.flush();
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        boolean quiet =
                exchanges.isEmpty()
                        && !muted
                        && !starving
                        && !flushScheduled
                        && !draining
                        && unsent != null
                        && unsent.isEmpty();
        if (closed || target == null || !quiet || !balance.moves(vertxContext, target)) {
            moving = false;
            homing.forget();
            if (!closed) {
                cutFrames(context);
            }
            return;
        }
        vertxContext = target;
        homing.moved();
        channel.deregister()
                .addListener(
                        left ->
                                target.nettyEventLoop()
                                        .register(channel)
                                        .addListener(done -> arrived(context, done.isSuccess())));
    }

    /** On the new loop, which has got all that the old one wrote by its queue. */
    private void arrived(ChannelHandlerContext context, boolean served) {
        if (!served) {
            // Closed on its way, or the loop has ended; Netty has closed the socket.
            LOG.debug("The connection of {} ended on its way to another loop", client);
            closed = true;
            memory.forget(memoryIsFree);
            frames.close();
            return;
        }
        moving = false;
        if (!closed) {
            cutFrames(context);
        }
    }

    /** The event loop that serves it, or will; asked there. */
    ContextInternal loop() {
        return vertxContext;
    }

    private ResponseEncoder.Encoded encode(
            ChannelHandlerContext context, RequestContext request, ApiMessage response) {
        short version = request.version();
        if (request.api() == ApiKeys.API_VERSIONS && version > 4) {
            version = 0;
        }
        return ResponseEncoder.encode(
                context.alloc(),
                request.api(),
                version,
                request.correlationId(),
                response,
                config.sockets().sendfile());
    }

    private static @Nullable ApiMessage errorResponse(Exchange exchange, Throwable failure) {
        RequestContext request = exchange.context;
        if (Errors.forException(failure) == Errors.UNKNOWN_SERVER_ERROR) {
            LOG.error(
                    "{} v{} of client {} failed",
                    request.api(),
                    request.version(),
                    request.clientId(),
                    failure);
        }
        AbstractResponse response = exchange.request.getErrorResponse(failure);
        return response == null ? null : response.data();
    }

    /** KIP-511 for ApiVersions; other APIs have no way to say it but closing. */
    private void refuseVersion(
            ChannelHandlerContext context,
            ApiTable.Entry entry,
            RequestContext request,
            int sizeBytes) {
        if (request.api() != ApiKeys.API_VERSIONS) {
            throw new InvalidRequestException(
                    "%s v%d is not served here, only v%d..v%d"
                            .formatted(
                                    request.api(),
                                    request.version(),
                                    entry.minVersion(),
                                    entry.maxVersion()));
        }
        // The body of an unknown version cannot be read, so an empty version 0 stands for it.
        AbstractRequest unread =
                AbstractRequest.parseRequest(
                                request.api(),
                                (short) 0,
                                new ByteBufferAccessor(ByteBuffer.allocate(0)))
                        .request;
        Exchange exchange = new Exchange(request, unread, sizeBytes, null, memory);
        exchange.answered = true;
        exchange.response = ApiVersionsHandler.unsupportedVersion(entry);
        open(exchange);
    }

    private void malformed(ChannelHandlerContext context, RuntimeException e) {
        unwelcome.malformed(client, e.getMessage() == null ? e.toString() : e.getMessage());
        close(context);
    }

    private void close(ChannelHandlerContext context) {
        closed = true;
        memory.forget(memoryIsFree);
        frames.close();
        context.close();
    }

    /** Takes no more requests, answers those at hand, closes. Event loop only. */
    void drain() {
        ChannelHandlerContext context = ctx;
        if (context == null || closed) {
            return;
        }
        EventLoop now = context.channel().eventLoop();
        if (!now.inEventLoop()) {
            // It has moved since this was called.
            now.execute(this::drain);
            return;
        }
        draining = true;
        if (moving) {
            // Sees it when it has arrived.
            return;
        }
        context.channel().config().setAutoRead(false);
        sendAnswers(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closed = true;
        memory.forget(memoryIsFree);
        frames.close();
        // Handlers still at work release their frames when they answer.
        exchanges.clear();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        frames.close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        boolean notReadByUs = muted || starving;
        if (event instanceof IdleStateEvent
                && exchanges.isEmpty()
                && !flushScheduled
                && !notReadByUs) {
            LOG.debug("Closing the idle connection of {}", client);
            close(context);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("Connection of {} broke", client, cause);
        } else {
            LOG.error("Closing the connection of {}", client, cause);
        }
        close(context);
    }
}
