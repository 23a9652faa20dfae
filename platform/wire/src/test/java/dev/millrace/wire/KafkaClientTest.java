package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KafkaClientTest {
    private static final short VERSION = 1;

    private final Vertx vertx = Vertx.vertx();
    private final VertxInternal internal = (VertxInternal) vertx;
    private final ContextInternal loop = internal.createEventLoopContext();
    private final Queue<Promise<DescribeClusterResponseData>> open = new ConcurrentLinkedQueue<>();
    private KafkaServer.Bound server;

    @BeforeEach
    void start() throws Exception {
        ApiTable table =
                ApiTable.builder()
                        .add(
                                ApiKeys.DESCRIBE_CLUSTER,
                                0,
                                1,
                                (RequestContext context, DescribeClusterRequestData request) -> {
                                    Promise<DescribeClusterResponseData> promise =
                                            Promise.promise();
                                    open.add(promise);
                                    return promise.future();
                                })
                        .build();
        server =
                await(
                        KafkaServer.bind(
                                List.of(internal.createEventLoopContext()),
                                internal.transport().serverChannelFactory(false),
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                table,
                                WireConfig.DEFAULT,
                                RequestMetrics.NONE,
                                RequestQuotas.NONE));
    }

    @AfterEach
    void stop() throws Exception {
        await(server.close(0));
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private KafkaClient connect(InetSocketAddress address, long timeoutMs) throws Exception {
        return connect(address, timeoutMs, timeoutMs);
    }

    private KafkaClient connect(InetSocketAddress address, long timeoutMs, long silenceMs)
            throws Exception {
        return await(
                KafkaClient.connect(
                        loop,
                        internal.transport().channelFactory(false),
                        address,
                        "test",
                        timeoutMs,
                        silenceMs));
    }

    private CompletableFuture<ApiMessage> ask(KafkaClient client) {
        CompletableFuture<ApiMessage> answered = new CompletableFuture<>();
        loop.nettyEventLoop()
                .execute(
                        () ->
                                client.ask(
                                                ApiKeys.DESCRIBE_CLUSTER,
                                                VERSION,
                                                new DescribeClusterRequestData())
                                        .onComplete(
                                                done -> {
                                                    if (done.succeeded()) {
                                                        answered.complete(done.result());
                                                    } else {
                                                        answered.completeExceptionally(
                                                                done.cause());
                                                    }
                                                }));
        return answered;
    }

    private Promise<DescribeClusterResponseData> taken(int number) throws InterruptedException {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (open.size() <= number && System.nanoTime() - deadlineNs < 0) {
            Thread.sleep(5);
        }
        return new ArrayList<>(open).get(number);
    }

    @Test
    void gets_the_answers_in_the_order_of_its_requests() throws Exception {
        KafkaClient client = connect(server.address(), 10_000);
        CompletableFuture<ApiMessage> first = ask(client);
        CompletableFuture<ApiMessage> second = ask(client);
        taken(1).complete(new DescribeClusterResponseData().setClusterId("second"));
        taken(0).complete(new DescribeClusterResponseData().setClusterId("first"));

        assertThat(((DescribeClusterResponseData) first.get(10, TimeUnit.SECONDS)).clusterId())
                .isEqualTo("first");
        assertThat(((DescribeClusterResponseData) second.get(10, TimeUnit.SECONDS)).clusterId())
                .isEqualTo("second");
    }

    @Test
    void tells_those_who_wait_that_the_connection_was_lost() throws Exception {
        KafkaClient client = connect(server.address(), 10_000);
        CompletableFuture<ApiMessage> lost = ask(client);
        taken(0);

        await(server.close(0));

        assertThatThrownBy(() -> lost.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> ask(client).get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void gives_up_a_server_that_does_not_answer() throws Exception {
        KafkaClient client = connect(server.address(), 200);

        assertThatThrownBy(() -> ask(client).get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("has not answered DESCRIBE_CLUSTER for ");
    }

    @Test
    void gives_up_a_server_from_which_nothing_comes_long_before_one_that_is_slow()
            throws Exception {
        KafkaClient client = connect(server.address(), 60_000, 200);

        assertThatThrownBy(() -> ask(client).get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("has not answered DESCRIBE_CLUSTER for ");
    }

    @Test
    void waits_for_an_answer_that_comes_in_small_pieces() throws Exception {
        ByteBuffer body =
                MessageUtil.toByteBufferAccessor(
                                new DescribeClusterResponseData().setClusterId("slow"), VERSION)
                        .buffer();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> served =
                    CompletableFuture.runAsync(() -> serveInPieces(socket, body));
            KafkaClient client =
                    connect((InetSocketAddress) socket.getLocalSocketAddress(), 60_000, 4_000);

            ApiMessage answer = ask(client).get(30, TimeUnit.SECONDS);

            assertThat(((DescribeClusterResponseData) answer).clusterId()).isEqualTo("slow");
            loop.nettyEventLoop().execute(client::close);
            served.get(10, TimeUnit.SECONDS);
        }
    }

    /** Each half before the client would give it up, all of it much later. */
    private static void serveInPieces(ServerSocket socket, ByteBuffer body) {
        int headerBytes = Integer.BYTES + 1; // correlation id, no tagged fields
        ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + headerBytes + body.remaining());
        frame.putInt(headerBytes + body.remaining()).putInt(0).put((byte) 0).put(body).flip();
        try (Socket accepted = socket.accept()) {
            accepted.getInputStream().read(new byte[1]);
            int pieces = 9;
            int size = frame.remaining() / pieces + 1;
            for (int from = 0; from < frame.limit(); from += size) {
                Thread.sleep(500);
                accepted.getOutputStream()
                        .write(frame.array(), from, Math.min(size, frame.limit() - from));
            }
            accepted.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void says_when_nobody_listens() throws Exception {
        InetSocketAddress nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = (InetSocketAddress) socket.getLocalSocketAddress();
        }

        assertThatThrownBy(() -> connect(nobody, 1_000)).hasCauseInstanceOf(IOException.class);
    }
}
