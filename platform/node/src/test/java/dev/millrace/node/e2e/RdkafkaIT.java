package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs written with librdkafka, as most of those that are not written in Java are: {@code
 * src/test/c/rdkafka_story.c}. {@code -Dmillrace.test.bootstrap} runs them against another broker.
 */
@Timeout(120)
class RdkafkaIT {
    private static final Path HEADER = Path.of("/usr/include/librdkafka/rdkafka.h");
    private static final int PARTITIONS = 4;

    /** Topics of another broker stay from run to run. */
    private static final String RUN = "-" + ProcessHandle.current().pid();

    @TempDir private static Path dir;
    private static @Nullable PackagedNode node;
    private static String broker = System.getProperty("millrace.test.bootstrap", "");

    @BeforeAll
    static void start() throws Exception {
        Programs.ensure("gcc", "gcc libc6-dev");
        Programs.ensure(HEADER, "librdkafka-dev");
        Programs.run(
                "",
                List.of(
                        "gcc",
                        "-O1",
                        "-o",
                        program(),
                        Path.of("src/test/c/rdkafka_story.c").toAbsolutePath().toString(),
                        "-lrdkafka"));
        if (broker.isEmpty()) {
            PackagedNode started = PackagedNode.start(dir.resolve("data"));
            node = started;
            broker = started.kafka();
        }
    }

    @AfterAll
    static void stop() {
        if (node != null) {
            node.close();
        }
    }

    private static String program() {
        return dir.resolve("rdkafka_story").toString();
    }

    private static List<String> story(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program(), broker));
        command.addAll(Arrays.asList(arguments));
        return Programs.run("", command).lines().toList();
    }

    private static String topic(String name) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
            admin.createTopics(List.of(new NewTopic(name + RUN, PARTITIONS, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        return name + RUN;
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void an_idempotent_producer_writes_with_any_codec(String codec) throws Exception {
        String topic = topic("rdkafka-" + codec);

        assertThat(story("produce", topic, codec, "2000")).containsExactly("delivered 2000");

        assertThat(story("count", topic, "read_committed"))
                .containsExactly("2000 records in 4 partitions");
    }

    @ParameterizedTest
    @ValueSource(strings = {"range", "roundrobin", "cooperative-sticky"})
    void two_members_share_a_topic(String strategy) throws Exception {
        String topic = topic("rdkafka-" + strategy);
        story("produce", topic, "lz4", "500");

        assertThat(story("group", "g-" + topic, topic, strategy, "500"))
                .containsExactly("read 500, both own partitions: yes");
    }

    @Test
    void transactions_are_committed_and_aborted_and_their_producer_is_fenced() throws Exception {
        String topic = topic("rdkafka-paid");

        assertThat(story("transactions", topic, "id-" + topic))
                .containsExactly("delivered 25, then fenced");

        assertThat(story("count", topic, "read_committed"))
                .containsExactly("20 records in 4 partitions");
        assertThat(story("count", topic, "read_uncommitted"))
                .containsExactly("25 records in 4 partitions");
    }

    /** The second of its transactions is aborted, and what it had read is read again. */
    @Test
    void offsets_are_committed_with_the_records_made_from_what_was_read() throws Exception {
        String from = topic("rdkafka-from");
        String to = topic("rdkafka-to");
        story("produce", from, "zstd", "200");

        assertThat(story("copy", from, to, "g-" + to, "id-" + to, "200"))
                .containsExactly("copied 200");

        assertThat(story("count", to, "read_committed"))
                .containsExactly("200 records in 4 partitions");
    }

    @Test
    void topics_are_administered() throws Exception {
        assertThat(story("admin", "rdkafka-admin" + RUN))
                .containsExactly(
                        "create: NO_ERROR",
                        "create: TOPIC_ALREADY_EXISTS",
                        "grow: NO_ERROR",
                        "max.message.bytes=2000000 retention.ms=604800000",
                        "delete: NO_ERROR");
    }
}
