package dev.millrace.streams.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process with state on its disk is started again: after SIGTERM it reads nothing of its
 * changelog, after SIGKILL only what it wrote since its checkpoint. {@code
 * -Dmillrace.test.state.mb=1024} measures it with a gigabyte, both guarantees, and Kafka Streams
 * beside it: {@code target/restart-times.txt}.
 */
class RestartTest {
    private static final int STATE_MB = Integer.getInteger("millrace.test.state.mb", 8);
    private static final boolean MEASURES = Integer.getInteger("millrace.test.state.mb") != null;
    private static final int ROWS_PER_MB = 1024;
    private static final int ROW_BYTES = 1024;
    private static final int PARTITIONS = 2;
    private static final Duration PATIENCE = Duration.ofMinutes(MEASURES ? 20 : 2);
    private static final Pattern RUNS = Pattern.compile("runs after (\\d+) ms, restored (\\d+)");

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Admin admin;

    private final List<Process> children = new ArrayList<>();

    @BeforeEach
    void startBroker() throws Exception {
        broker = TestBroker.start();
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Process child : children) {
            child.destroyForcibly();
            assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        admin.close();
        broker.close();
    }

    private record Started(long ms, long restored) {}

    private record Application(String main, String classPath, String id, String guarantee) {
        String input() {
            return id + "-input";
        }
    }

    private Application application(boolean ours, String guarantee) throws Exception {
        String id = (ours ? "ours" : "theirs") + "-" + UUID.randomUUID();
        String classPath = System.getProperty("java.class.path");
        if (ours) {
            return new Application(Restarted.class.getName(), classPath, id, guarantee);
        }
        Path classes = directory.resolve("classes");
        KafkaStreamsPrograms.compileNamed("Restarted", classes);
        return new Application(
                "kafka.Restarted", classes + File.pathSeparator + classPath, id, guarantee);
    }

    private Process start(Application application, Path log) throws IOException {
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                application.classPath,
                                application.main,
                                broker.bootstrapServers(),
                                application.id,
                                directory.resolve(application.id).toString(),
                                application.guarantee,
                                application.input())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        children.add(child);
        return child;
    }

    private static Started awaitRunning(Path log) {
        Matcher[] said = new Matcher[1];
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(
                        () -> {
                            Matcher matcher = RUNS.matcher(Files.readString(log));
                            assertThat(matcher.find()).as("%s says that it runs", log).isTrue();
                            said[0] = matcher;
                        });
        return new Started(Long.parseLong(said[0].group(1)), Long.parseLong(said[0].group(2)));
    }

    private void write(String topic, int first, int count) throws Exception {
        Map<String, Object> config =
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "batch.size",
                        256 << 10,
                        "linger.ms",
                        20);
        Random random = new Random(first);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (int i = first; i < first + count; i++) {
                StringBuilder value = new StringBuilder(ROW_BYTES);
                while (value.length() < ROW_BYTES) {
                    value.append(Long.toString(random.nextLong(), Character.MAX_RADIX));
                }
                producer.send(new ProducerRecord<>(topic, "row" + i, value.toString()));
            }
            producer.flush();
        }
        awaitCommitted(topic);
    }

    /** Until the application has processed and committed all of its input. */
    private void awaitCommitted(String topic) throws Exception {
        String id = topic.substring(0, topic.length() - "-input".length());
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(
                        () -> {
                            Map<TopicPartition, OffsetAndMetadata> committed =
                                    admin.listConsumerGroupOffsets(id)
                                            .partitionsToOffsetAndMetadata()
                                            .get();
                            Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
                            for (int partition = 0; partition < PARTITIONS; partition++) {
                                wanted.put(
                                        new TopicPartition(topic, partition), OffsetSpec.latest());
                            }
                            return admin.listOffsets(wanted).all().get().entrySet().stream()
                                    .allMatch(
                                            end -> {
                                                OffsetAndMetadata offset =
                                                        committed.get(end.getKey());
                                                return offset != null
                                                        && offset.offset()
                                                                >= end.getValue().offset();
                                            });
                        });
    }

    /** Filled, stopped and started, killed and started: what it took after each. */
    private List<Started> restart(Application application) throws Exception {
        admin.createTopics(List.of(new NewTopic(application.input(), PARTITIONS, (short) 1)))
                .all()
                .get();
        int rows = STATE_MB * ROWS_PER_MB;
        Path log = directory.resolve(application.id + "-log");
        Process first = start(application, log.resolveSibling(log.getFileName() + "1"));
        write(application.input(), 0, rows);
        first.destroy();
        assertThat(first.waitFor(60, TimeUnit.SECONDS)).as("it closes its stores").isTrue();

        Path afterStop = log.resolveSibling(log.getFileName() + "2");
        Process second = start(application, afterStop);
        Started stopped = awaitRunning(afterStop);
        write(application.input(), rows, rows / 100);
        second.destroyForcibly();
        assertThat(second.waitFor(10, TimeUnit.SECONDS)).isTrue();

        Path afterKill = log.resolveSibling(log.getFileName() + "3");
        Process third = start(application, afterKill);
        Started killed = awaitRunning(afterKill);
        third.destroyForcibly();
        assertThat(third.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return List.of(stopped, killed);
    }

    @Test
    void a_restart_reads_what_the_disk_lacks_and_no_more() throws Exception {
        long rows = (long) STATE_MB * ROWS_PER_MB;
        List<Started> exactlyOnce = restart(application(true, "exactly_once_v2"));
        note("Millrace", "exactly_once_v2", exactlyOnce);

        assertThat(exactlyOnce.get(0).restored).as("after SIGTERM").isZero();
        assertThat(exactlyOnce.get(1).restored).as("after SIGKILL").isLessThanOrEqualTo(rows / 50);
        if (MEASURES) {
            note("Millrace", "at_least_once", restart(application(true, "at_least_once")));
            for (String guarantee : List.of("exactly_once_v2", "at_least_once")) {
                note("Kafka Streams", guarantee, restart(application(false, guarantee)));
            }
        }
    }

    private static void note(String library, String guarantee, List<Started> starts)
            throws IOException {
        if (!MEASURES) {
            return;
        }
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < starts.size(); i++) {
            lines.append(
                    String.format(
                            "%-14s %-16s %5d MB  after %s  %7d ms  %9d records restored%n",
                            library,
                            guarantee,
                            STATE_MB,
                            i == 0 ? "SIGTERM" : "SIGKILL",
                            starts.get(i).ms,
                            starts.get(i).restored));
        }
        Files.writeString(
                Path.of("target/restart-times.txt"),
                lines,
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
