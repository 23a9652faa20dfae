package dev.millrace.broker.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.TestBroker;
import dev.millrace.wire.RawClient;
import dev.millrace.wire.RecordingLeakDetector;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.FileRecords;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spoilt frames of every advertised API in every advertised version, spoilt connections, and one
 * client that works through all of it. Every connection is answered or closed in time, nothing
 * leaks, memory stays where it was, and the log holds what was acknowledged.
 *
 * <p>{@code -Dmillrace.fuzz.seconds=600} for a long run, {@code -Dmillrace.fuzz.seed=…} to repeat
 * one: round n of a seed sends the same bytes again.
 */
class WireFuzzTest {
    private static final Logger LOG = LoggerFactory.getLogger(WireFuzzTest.class);
    private static final long SECONDS = Long.getLong("millrace.fuzz.seconds", 20);
    private static final long SEED = Long.getLong("millrace.fuzz.seed", System.nanoTime());
    private static final long FIRST_ROUND = Long.getLong("millrace.fuzz.round", 0);

    /** Until a connection that owes an answer has given it or is closed. */
    private static final int ANSWER_WITHIN_MS = 15_000;

    /** What spoilt frames of these may ask for: an answer later. */
    private static final List<ApiKeys> MAY_WAIT =
            List.of(
                    ApiKeys.FETCH,
                    ApiKeys.JOIN_GROUP,
                    ApiKeys.SYNC_GROUP,
                    ApiKeys.PRODUCE,
                    ApiKeys.CREATE_TOPICS,
                    ApiKeys.DELETE_RECORDS);

    /** Correlation id of the request whose answer shows that the connection works. */
    private static final int PROBE = Integer.MAX_VALUE;

    private static final int PATIENCE_WITH_THOSE_MS = 1_000;
    private static final long MAX_GROWTH_BYTES = 200L << 20;

    /** What happened. */
    private static final class Tally {
        long frames;
        long connections;
        long answers;
        long closed;
        long waiting;
        final Map<Mutation, Long> mutations = new EnumMap<>(Mutation.class);
    }

    private final Tally tally = new Tally();

    private record Version(ApiKeys api, short version) {}

    @Test
    void frames_that_no_client_sends_hurt_nobody() throws Exception {
        RecordingLeakDetector.watchEverything();
        try (TestBroker broker =
                TestBroker.start(Map.of("group.initial.rebalance.delay.ms", "0"))) {
            String bootstrap = broker.bootstrapServers();
            InetSocketAddress address =
                    new InetSocketAddress(
                            bootstrap.split(":", -1)[0],
                            Integer.parseInt(bootstrap.split(":", -1)[1]));
            Uuid victim = victim(bootstrap);
            List<Version> versions = advertised(address);
            Canary canary = Canary.start(bootstrap);
            long usedBefore = usedBytes();
            try (canary) {
                long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
                for (long round = FIRST_ROUND; System.nanoTime() - endNs < 0; round++) {
                    run(round, address, versions, victim);
                    canary.assertUnhurt();
                }
                long written = canary.stop();
                long grownBytes = usedBytes() - usedBefore;
                LOG.warn(
                        "seed {}: {} frames on {} connections, {} answers, {} closed, {} waiting;"
                                + " {}; the other client wrote {} records, the slowest took {} ms;"
                                + " memory grew by {} KiB",
                        SEED,
                        tally.frames,
                        tally.connections,
                        tally.answers,
                        tally.closed,
                        tally.waiting,
                        tally.mutations,
                        written,
                        canary.slowestMs(),
                        grownBytes >> 10);
                assertThat(written).isPositive();
                assertThat(canary.slowestMs())
                        .as("ms until a record of another client was acknowledged")
                        .isLessThan(10_000);
                assertThat(grownBytes).as("bytes of heap more").isLessThan(MAX_GROWTH_BYTES);
                assertThat(RecordingLeakDetector.leaks()).isEmpty();
                canary.assertStored();
                if (broker.embedded()) {
                    assertReadable(broker.logs());
                    broker.restart();
                    canary.assertStored();
                }
            }
        }
    }

    private static Uuid victim(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            return admin.createTopics(List.of(new NewTopic("victim", 2, (short) 1)))
                    .topicId("victim")
                    .get(20, TimeUnit.SECONDS);
        }
    }

    private static List<Version> advertised(InetSocketAddress address) throws IOException {
        List<Version> versions = new ArrayList<>();
        try (RawClient client = new RawClient(address)) {
            client.send(ApiKeys.API_VERSIONS, 0, 1, new ApiVersionsRequestData());
            ApiVersionsResponseData answer =
                    (ApiVersionsResponseData) client.receive(ApiKeys.API_VERSIONS, 0).body();
            for (ApiVersionsResponseData.ApiVersion range : answer.apiKeys()) {
                ApiKeys api = ApiKeys.forId(range.apiKey());
                int oldest = Math.max(range.minVersion(), api.oldestVersion());
                for (int v = oldest; v <= range.maxVersion(); v++) {
                    versions.add(new Version(api, (short) v));
                }
            }
        }
        assertThat(versions).hasSizeGreaterThan(100);
        return versions;
    }

    /** One connection and what is sent on it, all of it drawn from seed and round. */
    private void run(long round, InetSocketAddress address, List<Version> versions, Uuid victim)
            throws Exception {
        RandomGenerator random = new SplittableRandom(SEED * 1_000_003 + round);
        FrameGenerator generator = new FrameGenerator(random, victim);
        Version version = versions.get((int) (round % versions.size()));
        tally.connections++;
        try (Socket socket = new Socket()) {
            socket.connect(address, ANSWER_WITHIN_MS);
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            boolean answerDue = true;
            boolean mayWait = false;
            for (int i = random.nextInt(4); i >= 0; i--) {
                Mutation mutation = Mutation.any(random);
                byte[] frame =
                        mutation.of(generator.frame(version.api, version.version, i), random);
                int length = length(frame, random);
                // After a length that lies nothing is known of what comes.
                answerDue &= length == frame.length;
                mayWait |= frame.length >= 2 && mayWait(ByteBuffer.wrap(frame).getShort());
                tally.mutations.merge(mutation, 1L, Long::sum);
                tally.frames++;
                write(out, length, frame, random);
            }
            switch (random.nextInt(10)) {
                case 0 -> socket.setSoLinger(true, 0); // reset, whatever is on its way
                case 1 -> socket.shutdownOutput(); // half open
                case 2 -> out.write(new byte[] {0, 0}); // the beginning of a length
                case 3 -> unreadAnswers(out);
                default -> {
                    if (answerDue) {
                        out.write(probe());
                        awaitAnswerOrClose(
                                socket,
                                mayWait,
                                "%s v%d".formatted(version.api, version.version),
                                round);
                    }
                }
            }
        } catch (SocketException e) {
            // closed by the broker while it was written to
            tally.closed++;
        }
    }

    private static boolean mayWait(short apiKey) {
        return MAY_WAIT.stream().anyMatch(api -> api.id == apiKey);
    }

    /** Sometimes one that lies. */
    private static int length(byte[] frame, RandomGenerator random) {
        return switch (random.nextInt(60)) {
            case 0 -> -1;
            case 1 -> Integer.MAX_VALUE;
            case 2 -> random.nextInt(16);
            case 3 -> frame.length + 1 + random.nextInt(100);
            case 4 -> 0x16030100; // how TLS begins
            default -> frame.length;
        };
    }

    /** In one piece, or in small ones. */
    private static void write(OutputStream out, int length, byte[] frame, RandomGenerator random)
            throws IOException {
        byte[] bytes = ByteBuffer.allocate(4 + frame.length).putInt(length).put(frame).array();
        boolean whole = random.nextInt(4) != 0;
        for (int at = 0; at < bytes.length; ) {
            int piece = whole ? bytes.length : 1 + random.nextInt(Math.max(8, bytes.length / 4));
            out.write(bytes, at, Math.min(bytes.length - at, piece));
            at += piece;
        }
    }

    private static byte[] probe() {
        return RawClient.frame(ApiKeys.API_VERSIONS, 0, PROBE, new ApiVersionsRequestData());
    }

    /** Asks a lot and goes away without having read an answer. */
    private static void unreadAnswers(OutputStream out) throws IOException {
        byte[] probe = probe();
        for (int i = 0; i < 500; i++) {
            out.write(probe);
        }
    }

    private void awaitAnswerOrClose(Socket socket, boolean mayWait, String sent, long round)
            throws IOException {
        int withinMs = mayWait ? PATIENCE_WITH_THOSE_MS : ANSWER_WITHIN_MS;
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(withinMs);
        DataInputStream in = new DataInputStream(socket.getInputStream());
        try {
            while (true) {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
                socket.setSoTimeout((int) Math.max(1, leftMs));
                byte[] answer = new byte[in.readInt()];
                in.readFully(answer);
                tally.answers++;
                if (ByteBuffer.wrap(answer).getInt() == PROBE) {
                    return;
                }
            }
        } catch (SocketTimeoutException e) {
            if (!mayWait) {
                throw new AssertionError(
                        "seed %d, round %d: a connection that sent %s is neither answered nor closed after %d ms"
                                .formatted(SEED, round, sent, withinMs),
                        e);
            }
            tally.waiting++;
        } catch (EOFException | SocketException e) {
            tally.closed++;
        }
    }

    /** Every batch of the topic that stayed is valid to Kafka's own reader. */
    private static void assertReadable(Path logs) throws IOException {
        try (Stream<Path> files = Files.list(logs.resolve(Canary.TOPIC + "-0"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".log")).toList()) {
                try (FileRecords records = FileRecords.open(file.toFile(), false)) {
                    int validBytes = 0;
                    for (var batch : records.batches()) {
                        batch.ensureValid();
                        validBytes += batch.sizeInBytes();
                    }
                    assertThat(validBytes).as(file.toString()).isEqualTo(Files.size(file));
                }
            }
        }
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
