package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KafkaServerTest {
    private static final long GRACE_MS = 5_000;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final Vertx vertx = Vertx.vertx();
    private final SettableQuotas quotas = new SettableQuotas();
    private final Queue<Promise<DescribeClusterResponseData>> open = new ConcurrentLinkedQueue<>();
    private final Queue<String> produced = new ConcurrentLinkedQueue<>();
    private KafkaServer.Bound server;

    @BeforeEach
    void start() throws Exception {
        RecordingLeakDetector.watchEverything();
        server = bind(WireConfig.DEFAULT.withMaxRequestBytes(1 << 20).withMaxInFlightRequests(16));
    }

    @AfterEach
    void nothing_is_leaked() throws Exception {
        open.forEach(promise -> promise.tryComplete(new DescribeClusterResponseData()));
        await(server.close(GRACE_MS));
        await(vertx.close());
        assertThat(allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory())
                .isZero();
        assertThat(RecordingLeakDetector.leaks()).isEmpty();
    }

    private KafkaServer.Bound bind(WireConfig config) throws Exception {
        VertxInternal internal = (VertxInternal) vertx;
        return await(
                KafkaServer.bind(
                        List.of(
                                internal.createEventLoopContext(),
                                internal.createEventLoopContext()),
                        internal.transport().serverChannelFactory(false),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        table(),
                        config,
                        RequestMetrics.NONE,
                        quotas,
                        allocator));
    }

    /** DescribeCluster answers when the test says so; Produce answers at once. */
    private ApiTable table() {
        return ApiTable.builder()
                .add(
                        ApiKeys.DESCRIBE_CLUSTER,
                        0,
                        1,
                        (RequestContext context, DescribeClusterRequestData request) -> {
                            Promise<DescribeClusterResponseData> promise = Promise.promise();
                            open.add(promise);
                            return promise.future();
                        })
                .add(
                        ApiKeys.PRODUCE,
                        3,
                        13,
                        (RequestContext context, ProduceRequestData request) -> {
                            request.topicData()
                                    .forEach(
                                            topic ->
                                                    topic.partitionData()
                                                            .forEach(
                                                                    p ->
                                                                            produced.add(
                                                                                    text(
                                                                                            RecordBytes
                                                                                                    .of(
                                                                                                            p)))));
                            if (request.transactionalId() != null) {
                                return Future.failedFuture(new PolicyViolationException("no"));
                            }
                            return Future.succeededFuture(
                                    request.acks() == 0 ? null : new ProduceResponseData());
                        })
                .build();
    }

    private static String text(ByteBuffer buffer) {
        return StandardCharsets.US_ASCII.decode(buffer).toString();
    }

    private static ProduceRequestData produce(int acks, String content) {
        ProduceRequestData request = new ProduceRequestData().setAcks((short) acks);
        request.topicData()
                .add(
                        new ProduceRequestData.TopicProduceData()
                                .setName("t")
                                .setPartitionData(
                                        List.of(
                                                new ProduceRequestData.PartitionProduceData()
                                                        .setRecords(
                                                                MemoryRecords.readableRecords(
                                                                        ByteBuffer.wrap(
                                                                                content.getBytes(
                                                                                        StandardCharsets
                                                                                                .US_ASCII)))))));
        return request;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private void awaitOpen(int requests) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (open.size() < requests) {
            assertThat(System.nanoTime() - deadlineNs).as("waiting for requests").isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void only_what_is_registered_is_advertised_in_every_version() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            for (int version = 0; version <= 4; version++) {
                client.send(ApiKeys.API_VERSIONS, version, version, software("test"));
                RawClient.Response response = client.receive(ApiKeys.API_VERSIONS, version);

                ApiVersionsResponseData body = (ApiVersionsResponseData) response.body();
                assertThat(response.correlationId()).isEqualTo(version);
                assertThat(body.errorCode()).isZero();
                assertThat(body.finalizedFeatures()).isEmpty();
                assertThat(body.apiKeys())
                        .extracting(k -> k.apiKey() + ":" + k.minVersion() + "-" + k.maxVersion())
                        .containsExactly("0:3-13", "18:0-4", "60:0-1");
            }
        }
    }

    @Test
    void a_newer_client_learns_which_ApiVersions_we_speak_and_goes_on() throws IOException {
        byte[] future = RawClient.frame(ApiKeys.API_VERSIONS, 4, 7, software("test"));
        future[7] = 99; // api_version, after length and api_key
        try (RawClient client = new RawClient(server.address())) {
            RawClient.Response refused = client.send(future).receive(ApiKeys.API_VERSIONS, 0);

            ApiVersionsResponseData body = (ApiVersionsResponseData) refused.body();
            assertThat(refused.correlationId()).isEqualTo(7);
            assertThat(body.errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
            assertThat(body.apiKeys())
                    .extracting(k -> k.apiKey() + ":" + k.minVersion() + "-" + k.maxVersion())
                    .containsExactly("18:0-4");
            client.send(ApiKeys.API_VERSIONS, 4, 8, software("test"));
            assertThat(client.receive(ApiKeys.API_VERSIONS, 4).correlationId()).isEqualTo(8);
        }
    }

    @Test
    void a_client_software_name_with_odd_characters_is_an_invalid_request() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.send(ApiKeys.API_VERSIONS, 3, 1, software("<script>"));

            ApiVersionsResponseData body =
                    (ApiVersionsResponseData) client.receive(ApiKeys.API_VERSIONS, 3).body();
            assertThat(body.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        }
    }

    @Test
    void answers_leave_in_the_order_of_the_requests_whatever_order_they_are_ready_in()
            throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            for (int id = 0; id < 5; id++) {
                client.send(ApiKeys.DESCRIBE_CLUSTER, 0, id, new DescribeClusterRequestData());
            }
            client.send(ApiKeys.PRODUCE, 9, 5, produce(1, "x"));
            awaitOpen(5);

            List<Promise<DescribeClusterResponseData>> promises = new ArrayList<>(open);
            for (int i : new int[] {4, 2, 3, 0, 1}) {
                promises.get(i)
                        .complete(new DescribeClusterResponseData().setClusterId("answer " + i));
            }

            for (int id = 0; id < 5; id++) {
                RawClient.Response response = client.receive(ApiKeys.DESCRIBE_CLUSTER, 0);
                assertThat(response.correlationId()).isEqualTo(id);
                assertThat(((DescribeClusterResponseData) response.body()).clusterId())
                        .isEqualTo("answer " + id);
            }
            assertThat(client.receive(ApiKeys.PRODUCE, 9).correlationId()).isEqualTo(5);
        }
    }

    @Test
    void a_connection_with_too_many_open_requests_is_not_read_until_one_is_answered()
            throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            for (int id = 0; id < 40; id++) {
                client.send(ApiKeys.DESCRIBE_CLUSTER, 0, id, new DescribeClusterRequestData());
            }
            awaitOpen(16);
            // Another connection, for the server to have had time to take in more.
            try (RawClient other = new RawClient(server.address())) {
                other.send(ApiKeys.API_VERSIONS, 4, 1, software("test"));
                other.receive(ApiKeys.API_VERSIONS, 4);
            }
            assertThat(open).hasSize(16);

            for (int id = 0; id < 40; id++) {
                awaitOpen(1);
                open.remove().complete(new DescribeClusterResponseData());
                assertThat(client.receive(ApiKeys.DESCRIBE_CLUSTER, 0).correlationId())
                        .isEqualTo(id);
            }
        }
    }

    /** Restarts the listener with a bound that one Produce request is enough to reach. */
    private byte[] requestThatTakesAllMemory() throws Exception {
        await(server.close(GRACE_MS));
        server = bind(WireConfig.DEFAULT.withMaxQueuedBytes(1_000));
        return RawClient.frame(ApiKeys.PRODUCE, 9, 1, produce(1, "x".repeat(2_000)));
    }

    private void awaitMemoryWaits(long waits) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (server.requestMemoryWaits() < waits) {
            assertThat(System.nanoTime() - deadlineNs).as("waiting for memory").isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void while_requests_take_all_memory_they_may_no_other_connection_is_read() throws Exception {
        byte[] large = requestThatTakesAllMemory();
        try (RawClient greedy = new RawClient(server.address());
                RawClient waiting = new RawClient(server.address())) {
            greedy.send(Arrays.copyOf(large, 1_500));
            awaitMemory(large.length - Integer.BYTES);
            waiting.send(ApiKeys.DESCRIBE_CLUSTER, 0, 1, cluster());
            awaitMemoryWaits(1);
            assertThat(open).isEmpty();

            // Its request has begun, so the rest is read; the answer gives the memory back.
            greedy.send(Arrays.copyOfRange(large, 1_500, large.length));
            assertThat(greedy.receive(ApiKeys.PRODUCE, 9).correlationId()).isEqualTo(1);

            awaitOpen(1);
            open.remove().complete(new DescribeClusterResponseData());
            waiting.receive(ApiKeys.DESCRIBE_CLUSTER, 0);
            assertThat(server.requestMemoryBytes()).isZero();
        }
    }

    @Test
    void a_client_that_leaves_in_the_middle_of_its_request_gives_its_memory_back()
            throws Exception {
        byte[] large = requestThatTakesAllMemory();
        try (RawClient waiting = new RawClient(server.address())) {
            try (RawClient greedy = new RawClient(server.address())) {
                greedy.send(Arrays.copyOf(large, 1_500));
                awaitMemory(large.length - Integer.BYTES);
                waiting.send(ApiKeys.DESCRIBE_CLUSTER, 0, 1, cluster());
                awaitMemoryWaits(1);
            }

            awaitOpen(1);
            open.remove().complete(new DescribeClusterResponseData());
            waiting.receive(ApiKeys.DESCRIBE_CLUSTER, 0);
        }
    }

    @Test
    void whatever_clients_send_and_whenever_they_leave_all_memory_is_given_back() throws Exception {
        requestThatTakesAllMemory();
        Random random = new Random(13);
        ArrayDeque<RawClient> clients = new ArrayDeque<>();
        for (int i = 0; i < 400; i++) {
            RawClient client = new RawClient(server.address());
            clients.add(client);
            byte[] frame =
                    switch (random.nextInt(4)) {
                        case 0 -> RawClient.frame(ApiKeys.DESCRIBE_CLUSTER, 0, i, cluster());
                        case 1 -> RawClient.frame(ApiKeys.DESCRIBE_CLUSTER, 2, i, cluster());
                        default ->
                                RawClient.frame(
                                        ApiKeys.PRODUCE,
                                        9,
                                        i,
                                        produce(1, "x".repeat(random.nextInt(3_000))));
                    };
            boolean whole = random.nextBoolean();
            client.send(whole ? frame : Arrays.copyOf(frame, random.nextInt(frame.length)));
            if (clients.size() > 8) {
                clients.remove().close();
            }
        }
        for (RawClient client : clients) {
            client.close();
        }
        awaitMemory(0);
        assertThat(server.requestMemoryWaits()).isPositive();

        try (RawClient last = new RawClient(server.address())) {
            last.send(ApiKeys.PRODUCE, 9, 1, produce(1, "x"));
            assertThat(last.receive(ApiKeys.PRODUCE, 9).correlationId()).isEqualTo(1);
        }
    }

    private void awaitMemory(long bytes) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (server.requestMemoryBytes() != bytes) {
            assertThat(System.nanoTime() - deadlineNs).as("waiting for a request").isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void a_failed_handler_becomes_the_error_response_of_its_api() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.send(ApiKeys.PRODUCE, 9, 1, produce(1, "x").setTransactionalId("t"));
            ProduceResponseData body =
                    (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 9).body();

            assertThat(body.responses().iterator().next().partitionResponses().get(0).errorCode())
                    .isEqualTo(Errors.POLICY_VIOLATION.code());
        }
    }

    @Test
    void a_produce_without_acks_has_no_answer_and_closes_the_connection_when_it_fails()
            throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.send(ApiKeys.PRODUCE, 9, 1, produce(0, "unanswered"));
            client.send(ApiKeys.PRODUCE, 9, 2, produce(1, "answered"));
            assertThat(client.receive(ApiKeys.PRODUCE, 9).correlationId()).isEqualTo(2);
            assertThat(produced).containsExactly("unanswered", "answered");

            client.send(ApiKeys.PRODUCE, 9, 3, produce(0, "x").setTransactionalId("t"));
            assertThat(client.closedByServer()).isTrue();
        }
    }

    @Test
    void malformed_bytes_close_their_connection_and_no_other() throws IOException {
        Random random = new Random(7);
        try (RawClient good = new RawClient(server.address())) {
            List<byte[]> malformed = new ArrayList<>();
            malformed.add(new byte[] {-1, -1, -1, -1, 0, 0, 0, 0});
            malformed.add(new byte[] {127, -1, -1, -1, 0, 0, 0, 0});
            malformed.add("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            malformed.add(new byte[] {0, 0, 0, 8, 3, -25, 0, 0, 0, 0, 0, 0}); // no such API
            malformed.add(RawClient.frame(ApiKeys.DESCRIBE_CLUSTER, 2, 1, cluster())); // version
            malformed.add(RawClient.frame(ApiKeys.LIST_GROUPS, 4, 1, groups())); // not registered
            byte[] tornBody = RawClient.frame(ApiKeys.PRODUCE, 9, 1, produce(1, "abcdef"));
            tornBody[tornBody.length - 10] = 120;
            malformed.add(tornBody);
            for (int i = 0; i < 50; i++) {
                byte[] noise = new byte[12 + random.nextInt(100)];
                random.nextBytes(noise);
                ByteBuffer.wrap(noise).putInt(noise.length - 4).putShort((short) 60);
                noise[7] = 7; // a version of DescribeCluster that does not exist
                malformed.add(noise);
            }
            for (byte[] bytes : malformed) {
                try (RawClient bad = new RawClient(server.address())) {
                    bad.send(bytes);
                    assertThat(bad.closedByServer()).isTrue();
                }
                good.send(ApiKeys.API_VERSIONS, 4, 1, software("test"));
                assertThat(good.receive(ApiKeys.API_VERSIONS, 4).correlationId()).isEqualTo(1);
            }
            assertThat(server.malformedConnections()).isEqualTo(malformed.size());
        }
    }

    @Test
    void a_client_that_leaves_with_requests_open_leaks_nothing() throws Exception {
        for (int i = 0; i < 10; i++) {
            try (RawClient client = new RawClient(server.address())) {
                client.send(ApiKeys.DESCRIBE_CLUSTER, 0, 1, cluster());
                awaitOpen(i + 1);
                byte[] half = RawClient.frame(ApiKeys.PRODUCE, 9, 2, produce(1, "half"));
                client.send(java.util.Arrays.copyOf(half, half.length / 2));
            }
        }
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (server.connections() > 0) {
            assertThat(System.nanoTime() - deadlineNs).isNegative();
            Thread.onSpinWait();
        }
        open.remove().complete(new DescribeClusterResponseData());
        // nothing_is_leaked counts.
    }

    @Test
    void an_idle_connection_is_closed_one_with_an_open_request_is_not() throws Exception {
        KafkaServer.Bound impatient = bind(WireConfig.DEFAULT.withMaxIdleMs(100));
        try (RawClient idle = new RawClient(impatient.address());
                RawClient busy = new RawClient(impatient.address())) {
            busy.send(ApiKeys.DESCRIBE_CLUSTER, 0, 9, cluster());
            awaitOpen(1);
            assertThat(idle.closedByServer()).isTrue();

            open.remove().complete(new DescribeClusterResponseData());
            assertThat(busy.receive(ApiKeys.DESCRIBE_CLUSTER, 0).correlationId()).isEqualTo(9);
        }
        await(impatient.close(GRACE_MS));
    }

    @Test
    void connections_beyond_the_limit_wait_until_somebody_leaves() throws Exception {
        KafkaServer.Bound small =
                bind(WireConfig.DEFAULT.withConnections(ConnectionLimits.NONE.withMax(1)));
        RawClient first = new RawClient(small.address());
        first.send(ApiKeys.API_VERSIONS, 4, 1, software("test"));
        first.receive(ApiKeys.API_VERSIONS, 4);
        try (RawClient second = new RawClient(small.address())) {
            second.send(ApiKeys.API_VERSIONS, 4, 2, software("test"));
            first.send(ApiKeys.API_VERSIONS, 4, 3, software("test"));
            assertThat(first.receive(ApiKeys.API_VERSIONS, 4).correlationId()).isEqualTo(3);
            assertThat(small.connections()).isEqualTo(1);

            first.close();

            assertThat(second.receive(ApiKeys.API_VERSIONS, 4).correlationId()).isEqualTo(2);
        }
        await(small.close(GRACE_MS));
    }

    @Test
    void a_lowered_limit_closes_whoever_was_silent_longest() throws Exception {
        try (RawClient silent = new RawClient(server.address());
                RawClient active = new RawClient(server.address())) {
            silent.send(ApiKeys.API_VERSIONS, 4, 1, software("test"));
            silent.receive(ApiKeys.API_VERSIONS, 4);
            active.send(ApiKeys.API_VERSIONS, 4, 1, software("test"));
            active.receive(ApiKeys.API_VERSIONS, 4);

            server.limits(ConnectionLimits.NONE.withMax(1));

            assertThat(silent.closedByServer()).isTrue();
            active.send(ApiKeys.API_VERSIONS, 4, 2, software("test"));
            assertThat(active.receive(ApiKeys.API_VERSIONS, 4).correlationId()).isEqualTo(2);
        }
    }

    @Test
    void an_ip_with_its_fill_of_connections_gets_no_more() throws Exception {
        KafkaServer.Bound strict =
                bind(
                        WireConfig.DEFAULT.withConnections(
                                ConnectionLimits.NONE.withMaxPerIp(1, Map.of())));
        try (RawClient first = new RawClient(strict.address());
                RawClient second = new RawClient(strict.address())) {
            assertThat(second.closedByServer()).isTrue();
            first.send(ApiKeys.API_VERSIONS, 4, 2, software("test"));
            assertThat(first.receive(ApiKeys.API_VERSIONS, 4).correlationId()).isEqualTo(2);
        }
        await(strict.close(GRACE_MS));
    }

    @Test
    void a_throttled_request_is_answered_at_once_and_the_next_one_is_read_later() throws Exception {
        quotas.throttleMs = 400;
        try (RawClient client = new RawClient(server.address())) {
            long startNs = System.nanoTime();
            client.send(frames(software("test"), 1, 2));
            ApiVersionsResponseData answer =
                    (ApiVersionsResponseData) client.receive(ApiKeys.API_VERSIONS, 4).body();
            long answeredMs = msSince(startNs);
            quotas.throttleMs = 0;
            ApiVersionsResponseData next =
                    (ApiVersionsResponseData) client.receive(ApiKeys.API_VERSIONS, 4).body();

            assertThat(answer.throttleTimeMs()).isEqualTo(400);
            assertThat(msSince(startNs)).isGreaterThanOrEqualTo(400);
            assertThat(answeredMs).isLessThan(400);
            assertThat(next.throttleTimeMs()).isZero();
        }
    }

    @Test
    void others_are_served_while_one_connection_is_muted() throws Exception {
        try (RawClient muted = new RawClient(server.address());
                RawClient other = new RawClient(server.address())) {
            quotas.throttleMs = 5_000;
            muted.send(ApiKeys.API_VERSIONS, 4, 1, software("test"));
            muted.receive(ApiKeys.API_VERSIONS, 4);
            quotas.throttleMs = 0;

            long startNs = System.nanoTime();
            other.send(ApiKeys.API_VERSIONS, 4, 2, software("test"));
            assertThat(other.receive(ApiKeys.API_VERSIONS, 4).correlationId()).isEqualTo(2);
            assertThat(msSince(startNs)).isLessThan(4_000);
        }
    }

    private static byte[] frames(ApiVersionsRequestData request, int... correlationIds) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int id : correlationIds) {
            all.writeBytes(RawClient.frame(ApiKeys.API_VERSIONS, 4, id, request));
        }
        return all.toByteArray();
    }

    private static long msSince(long startNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    /** Mutes as long as the test says. */
    private static final class SettableQuotas implements RequestQuotas {
        volatile int throttleMs;

        @Override
        public boolean enabled() {
            return true;
        }

        @Override
        public int throttleMs(
                RequestContext context,
                ApiMessage request,
                @Nullable ApiMessage response,
                int requestBytes,
                long spentNs) {
            return throttleMs;
        }

        @Override
        public void spentMore(RequestContext context, long ns) {}
    }

    @Test
    void closing_answers_what_was_taken_in_and_accepts_nothing_new() throws Exception {
        try (RawClient client = new RawClient(server.address())) {
            client.send(ApiKeys.DESCRIBE_CLUSTER, 0, 1, cluster());
            awaitOpen(1);
            Future<Void> closed = server.close(GRACE_MS);
            CountDownLatch refused = new CountDownLatch(1);
            vertx.setPeriodic(
                    5,
                    timer -> {
                        try {
                            new RawClient(server.address()).close();
                        } catch (IOException e) {
                            refused.countDown();
                        }
                    });
            assertThat(refused.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(closed.isComplete()).isFalse();

            open.remove().complete(new DescribeClusterResponseData().setClusterId("late"));
            DescribeClusterResponseData body =
                    (DescribeClusterResponseData)
                            client.receive(ApiKeys.DESCRIBE_CLUSTER, 0).body();
            assertThat(body.clusterId()).isEqualTo("late");
            assertThat(client.closedByServer()).isTrue();
            await(closed);
        }
    }

    @Test
    void a_port_in_use_is_reported() {
        VertxInternal internal = (VertxInternal) vertx;
        Future<KafkaServer.Bound> second =
                KafkaServer.bind(
                        List.of(internal.createEventLoopContext()),
                        internal.transport().serverChannelFactory(false),
                        server.address(),
                        table(),
                        WireConfig.DEFAULT,
                        RequestMetrics.NONE,
                        RequestQuotas.NONE);

        assertThatThrownBy(() -> await(second)).hasCauseInstanceOf(BindException.class);
    }

    @Test
    void a_table_refuses_versions_that_the_codec_does_not_know_and_double_rows() {
        ApiHandler<DescribeClusterRequestData, DescribeClusterResponseData> handler =
                (context, request) -> Future.succeededFuture(new DescribeClusterResponseData());
        assertThatThrownBy(() -> ApiTable.builder().add(ApiKeys.DESCRIBE_CLUSTER, 0, 99, handler))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0..99");
        assertThatThrownBy(
                        () ->
                                ApiTable.builder()
                                        .add(ApiKeys.DESCRIBE_CLUSTER, 0, 1, handler)
                                        .add(ApiKeys.DESCRIBE_CLUSTER, 0, 1, handler))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("twice");
    }

    private static ApiVersionsRequestData software(String name) {
        return new ApiVersionsRequestData()
                .setClientSoftwareName(name)
                .setClientSoftwareVersion("1");
    }

    private static DescribeClusterRequestData cluster() {
        return new DescribeClusterRequestData();
    }

    private static org.apache.kafka.common.message.ListGroupsRequestData groups() {
        return new org.apache.kafka.common.message.ListGroupsRequestData();
    }
}
