package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConnectionMoveTest {
    private static final long GRACE_MS = 5_000;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final Vertx vertx = Vertx.vertx();
    private final ContextInternal one = ((VertxInternal) vertx).createEventLoopContext();
    private final ContextInternal two = ((VertxInternal) vertx).createEventLoopContext();
    private final ExecutorService others = Executors.newFixedThreadPool(3);
    private final Queue<Handled> handled = new ConcurrentLinkedQueue<>();
    private volatile IntFunction<@Nullable ContextInternal> homes = correlationId -> null;
    private volatile boolean answersAtOnce = true;
    private KafkaServer.Bound server;

    private record Handled(int correlationId, @Nullable ContextInternal on) {}

    /** Whose requests belong where the test says. */
    private final class Handler
            implements ApiHandler<DescribeClusterRequestData, DescribeClusterResponseData> {
        private volatile int last;

        @Override
        public Future<DescribeClusterResponseData> handle(
                RequestContext context, DescribeClusterRequestData request) {
            ContextInternal current = ContextInternal.current();
            assertThat(current.nettyEventLoop().inEventLoop()).isTrue();
            last = context.correlationId();
            handled.add(new Handled(context.correlationId(), current));
            if (answersAtOnce) {
                return Future.succeededFuture(new DescribeClusterResponseData());
            }
            Promise<DescribeClusterResponseData> promise = Promise.promise();
            others.execute(() -> promise.complete(new DescribeClusterResponseData()));
            return promise.future();
        }

        @Override
        public @Nullable ContextInternal home(DescribeClusterRequestData request) {
            return homes.apply(last);
        }
    }

    @BeforeEach
    void start() throws Exception {
        RecordingLeakDetector.watchEverything();
        server =
                await(
                        KafkaServer.bind(
                                List.of(one, two),
                                ((VertxInternal) vertx).transport().serverChannelFactory(false),
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                ApiTable.builder()
                                        .add(ApiKeys.DESCRIBE_CLUSTER, 0, 1, new Handler())
                                        .build(),
                                WireConfig.DEFAULT.withMaxInFlightRequests(16),
                                RequestMetrics.NONE,
                                RequestQuotas.NONE,
                                allocator));
    }

    @AfterEach
    void nothing_is_leaked() throws Exception {
        await(server.close(GRACE_MS));
        await(vertx.close());
        others.shutdownNow();
        assertThat(allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory())
                .isZero();
        assertThat(RecordingLeakDetector.leaks()).isEmpty();
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static void request(RawClient client, int from, int to) throws IOException {
        for (int id = from; id < to; id++) {
            client.send(ApiKeys.DESCRIBE_CLUSTER, 0, id, new DescribeClusterRequestData());
            assertThat(client.receive(ApiKeys.DESCRIBE_CLUSTER, 0).correlationId()).isEqualTo(id);
        }
    }

    private List<@Nullable ContextInternal> loops(int from, int to) {
        return handled.stream()
                .filter(each -> each.correlationId >= from && each.correlationId < to)
                .map(Handled::on)
                .distinct()
                .toList();
    }

    @Test
    void a_connection_goes_where_all_its_requests_belong() throws Exception {
        for (ContextInternal home : List.of(one, two)) {
            homes = correlationId -> home;
            try (RawClient client = new RawClient(server.address())) {
                handled.clear();
                request(client, 0, 200);
                assertThat(loops(100, 200)).containsExactly(home);
            }
        }
    }

    @Test
    void a_connection_whose_requests_belong_to_several_loops_stays() throws Exception {
        homes = correlationId -> correlationId / 16 % 2 == 0 ? one : two;
        try (RawClient client = new RawClient(server.address())) {
            request(client, 0, 400);
            assertThat(loops(0, 400)).hasSize(1);
        }
    }

    @Test
    void requests_on_their_way_while_it_moves_are_handled_and_answered_in_order() throws Exception {
        answersAtOnce = false;
        homes = correlationId -> correlationId / 300 % 2 == 0 ? one : two;
        try (RawClient client = new RawClient(server.address())) {
            int requests = 3000;
            java.util.concurrent.Future<?> sending =
                    others.submit(
                            () -> {
                                for (int id = 0; id < requests; id++) {
                                    client.send(
                                            ApiKeys.DESCRIBE_CLUSTER,
                                            0,
                                            id,
                                            new DescribeClusterRequestData());
                                }
                                return null;
                            });
            for (int id = 0; id < requests; id++) {
                assertThat(client.receive(ApiKeys.DESCRIBE_CLUSTER, 0).correlationId())
                        .isEqualTo(id);
            }
            sending.get(10, TimeUnit.SECONDS);
            assertThat(handled).extracting(Handled::correlationId).isSorted().hasSize(requests);
            assertThat(loops(0, requests)).containsExactlyInAnyOrder(one, two);
        }
    }

    @Test
    void a_server_that_closes_meanwhile_answers_and_closes_them_all() throws Exception {
        answersAtOnce = false;
        homes = correlationId -> correlationId / 64 % 2 == 0 ? one : two;
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            RawClient client = new RawClient(server.address());
            clients.add(client);
            for (int id = 0; id < 40 * (i + 1); id++) {
                client.send(ApiKeys.DESCRIBE_CLUSTER, 0, id, new DescribeClusterRequestData());
            }
        }
        try (RawClient client = new RawClient(server.address())) {
            request(client, 0, 70);
        }

        await(server.close(GRACE_MS));

        assertThat(server.connections()).isZero();
        for (RawClient client : clients) {
            client.close();
        }
    }
}
