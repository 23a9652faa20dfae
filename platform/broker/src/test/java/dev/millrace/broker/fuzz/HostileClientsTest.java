package dev.millrace.broker.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import dev.millrace.wire.RawClient;
import dev.millrace.wire.RecordingLeakDetector;
import dev.millrace.wire.record.RecordBatchBuilder;
import io.netty.util.internal.PlatformDependent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.utils.ByteUtils;
import org.apache.kafka.common.utils.Crc32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Requests that say little and want much. This JVM, broker and all, has a heap of 1 GiB: what would
 * take more ends it.
 */
@Timeout(120)
class HostileClientsTest {
    private static TestBroker broker;
    private static InetSocketAddress address;
    private static Canary canary;

    @BeforeAll
    static void start() throws Exception {
        RecordingLeakDetector.watchEverything();
        broker = TestBroker.start();
        String[] hostAndPort = broker.bootstrapServers().split(":", -1);
        address = new InetSocketAddress(hostAndPort[0], Integer.parseInt(hostAndPort[1]));
        canary = Canary.start(broker.bootstrapServers());
    }

    @AfterAll
    static void stop() throws Exception {
        try (TestBroker closing = broker) {
            assertThat(closing.embedded()).isTrue();
            canary.stop();
            canary.assertStored();
            assertThat(canary.slowestMs()).isLessThan(10_000);
            assertThat(RecordingLeakDetector.leaks()).isEmpty();
        }
    }

    /**
     * Two bytes each on the wire, fifty and more as objects: a hundred megabytes would be
     * gigabytes.
     */
    @Test
    void a_frame_of_fifty_million_names_is_refused() throws Exception {
        int names = 50_000_000;
        try (Socket socket = new Socket()) {
            socket.connect(address);
            socket.setSoTimeout(30_000);
            // Metadata v1: header, array of strings
            ByteBuffer head = ByteBuffer.allocate(4 + 10 + 4);
            head.putInt(10 + 4 + 2 * names);
            head.putShort(ApiKeys.METADATA.id).putShort((short) 1).putInt(1).putShort((short) -1);
            head.putInt(names);
            socket.getOutputStream().write(head.array());
            byte[] zeros = new byte[1 << 20];
            try {
                for (long left = 2L * names; left > 0; left -= zeros.length) {
                    socket.getOutputStream().write(zeros, 0, (int) Math.min(left, zeros.length));
                }
                assertThat(socket.getInputStream().read()).as("closed").isEqualTo(-1);
            } catch (SocketException e) {
                assertThat(e).as("closed while it was written").isNotNull();
            }
        }
        canary.assertUnhurt();
    }

    /** A thousandth on the wire: the topic is compacted, so the broker looks into every record. */
    @Test
    void a_record_that_unpacks_to_two_gigabytes_is_refused() throws Exception {
        createTopic("bombed", 1, Map.of("cleanup.policy", "compact"));
        ByteBuffer bomb = bomb(1900 << 20);
        await().atMost(30, TimeUnit.SECONDS)
                .untilAsserted(
                        () ->
                                assertThat(produce("bombed", bomb.duplicate()))
                                        .isIn(
                                                Errors.CORRUPT_MESSAGE,
                                                Errors.MESSAGE_TOO_LARGE,
                                                Errors.RECORD_LIST_TOO_LARGE,
                                                Errors.INVALID_RECORD));
        canary.assertUnhurt();
    }

    private static Errors produce(String topic, ByteBuffer batch) throws IOException {
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) -1).setTimeoutMs(1000);
        request.topicData()
                .add(
                        new ProduceRequestData.TopicProduceData()
                                .setName(topic)
                                .setPartitionData(List.of(RawClient.partition(0, batch))));
        try (RawClient client = new RawClient(address)) {
            client.send(ApiKeys.PRODUCE, 9, 1, request);
            ProduceResponseData answer =
                    (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 9).body();
            return Errors.forCode(
                    answer.responses().iterator().next().partitionResponses().get(0).errorCode());
        }
    }

    /** A batch of one record with a key and a value of so many zeros, in gzip; whole mebibytes. */
    private static ByteBuffer bomb(int valueBytes) throws Exception {
        ByteBuffer head = ByteBuffer.allocate(64);
        ByteBuffer fields = ByteBuffer.allocate(64);
        fields.put((byte) 0); // attributes
        ByteUtils.writeVarlong(0, fields);
        ByteUtils.writeVarint(0, fields);
        ByteUtils.writeVarint(1, fields);
        fields.put((byte) 'k');
        ByteUtils.writeVarint(valueBytes, fields);
        ByteUtils.writeVarint(fields.position() + valueBytes + 1, head);
        // A gzip stream may be several, one after the other.
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        packed.write(gzip(head.array(), head.position()));
        packed.write(gzip(fields.array(), fields.position()));
        byte[] zeros = gzip(new byte[1 << 20], 1 << 20);
        for (int i = 0; i < valueBytes >> 20; i++) {
            packed.write(zeros);
        }
        packed.write(gzip(new byte[1], 1)); // no headers
        int size = DefaultRecordBatch.RECORD_BATCH_OVERHEAD + packed.size();
        ByteBuffer batch = ByteBuffer.allocate(size);
        long now = System.currentTimeMillis();
        batch.putLong(0).putInt(size - 12).putInt(-1).put((byte) 2).putInt(0);
        batch.putShort((short) 1).putInt(0).putLong(now).putLong(now);
        batch.putLong(-1).putShort((short) -1).putInt(-1).putInt(1);
        batch.put(packed.toByteArray()).flip();
        batch.putInt(17, (int) Crc32C.compute(batch, 21, size - 21));
        return batch;
    }

    private static byte[] gzip(byte[] bytes, int length) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes, 0, length);
        }
        return packed.toByteArray();
    }

    @Test
    void clients_that_ask_and_never_read_do_not_fill_memory() throws Exception {
        createTopic("unread", 1, Map.of());
        await().until(() -> produce("unread", plain(1)) == Errors.NONE);
        for (int i = 0; i < 20; i++) {
            assertThat(produce("unread", plain(1_000_000))).isEqualTo(Errors.NONE);
        }
        byte[] fetch = RawClient.frame(ApiKeys.FETCH, 11, 1, fetchAll());
        List<RawClient> clients = new ArrayList<>();
        long before = memory();
        try {
            for (int i = 0; i < 40; i++) {
                RawClient client = new RawClient(address);
                clients.add(client);
                for (int n = 0; n < 200; n++) {
                    client.send(fetch);
                }
            }
            // 40 * 200 * 20 MB were asked for.
            canary.assertUnhurt();
            TimeUnit.SECONDS.sleep(2);
            assertThat(memory() - before).as("bytes held").isLessThan(400L << 20);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        canary.assertUnhurt();
    }

    private static FetchRequestData fetchAll() {
        return new FetchRequestData()
                .setMaxWaitMs(100)
                .setMinBytes(1)
                .setMaxBytes(Integer.MAX_VALUE)
                .setTopics(
                        List.of(
                                new FetchRequestData.FetchTopic()
                                        .setTopic("unread")
                                        .setPartitions(
                                                List.of(
                                                        new FetchRequestData.FetchPartition()
                                                                .setPartition(0)
                                                                .setPartitionMaxBytes(
                                                                        Integer.MAX_VALUE)))));
    }

    private static ByteBuffer plain(int valueBytes) {
        return new RecordBatchBuilder()
                .append(System.currentTimeMillis(), null, new byte[valueBytes])
                .build();
    }

    @Test
    void a_topic_of_a_million_partitions_is_refused() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            assertThatThrownBy(
                            () ->
                                    admin.createTopics(
                                                    List.of(
                                                            new NewTopic(
                                                                    "endless", 1_000_000,
                                                                    (short) 1)))
                                            .all()
                                            .get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(ApiException.class);
            createTopic("growing", 1, Map.of());
            assertThatThrownBy(
                            () ->
                                    admin.createPartitions(
                                                    Map.of(
                                                            "growing",
                                                            NewPartitions.increaseTo(1_000_000)))
                                            .all()
                                            .get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(ApiException.class);
        }
        canary.assertUnhurt();
    }

    /** Lengths are believed only as far as bytes have come. */
    @Test
    void frames_that_are_announced_and_never_come_reserve_nothing() throws Exception {
        long before = memory();
        List<Socket> sockets = new ArrayList<>();
        try {
            byte[] announced = ByteBuffer.allocate(8).putInt(100 << 20).putInt(3).array();
            for (int i = 0; i < 300; i++) {
                Socket socket = new Socket();
                sockets.add(socket);
                socket.connect(address);
                socket.getOutputStream().write(announced);
            }
            canary.assertUnhurt();
            TimeUnit.SECONDS.sleep(1);
            assertThat(memory() - before)
                    .as("bytes for 30 GB of announced frames")
                    .isLessThan(400L << 20);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private static void createTopic(String name, int partitions, Map<String, String> configs)
            throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    private static long memory() {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        return runtime.totalMemory()
                - runtime.freeMemory()
                + Math.max(0, PlatformDependent.usedDirectMemory());
    }
}
