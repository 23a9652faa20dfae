package dev.millrace.node.tools;

import dev.millrace.node.e2e.PackagedNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every script prints what it printed when it was recorded from Apache Kafka.
 *
 * <p>To record, have an Apache Kafka on this machine and set {@code millrace.test.bootstrap} to its
 * address, {@code millrace.test.logs} to its log directory and {@code millrace.tools.record} to the
 * directory of the scripts; {@code millrace.tools.only} is a regular expression of the scripts
 * meant. Everything in scripts is called {@code mill-…}; such topics and groups of that broker are
 * deleted first.
 */
class ToolScriptsIT {
    private static final String PREFIX = "mill-";
    private static final String ONLY = System.getProperty("millrace.tools.only", ".*");

    /**
     * Settings of the recorded broker that tools print: the file that Kafka comes with has them.
     */
    static final String[] SETTINGS = {
        "--set", "num.partitions=1",
        "--set", "log.segment.bytes=1073741824",
        "--set", "log.retention.hours=168",
        "--set", "log.retention.check.interval.ms=300000"
    };

    @TempDir private static Path dir;
    private static @Nullable PackagedNode node;
    private static String broker = System.getProperty("millrace.test.bootstrap", "");
    private static Path logs = Path.of(System.getProperty("millrace.test.logs", "."));

    @BeforeAll
    static void start() throws Exception {
        if (broker.isEmpty()) {
            PackagedNode started = PackagedNode.start(dir.resolve("data"), SETTINGS);
            node = started;
            broker = started.kafka();
            logs = dir.resolve("data/topics");
            return;
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
            admin.deleteTopics(
                            admin.listTopics().names().get(30, TimeUnit.SECONDS).stream()
                                    .filter(name -> name.startsWith(PREFIX))
                                    .toList())
                    .all()
                    .get(30, TimeUnit.SECONDS);
            admin.deleteConsumerGroups(
                            admin.listGroups().all().get(30, TimeUnit.SECONDS).stream()
                                    .map(GroupListing::groupId)
                                    .filter(name -> name.startsWith(PREFIX))
                                    .toList())
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    @AfterAll
    static void stop() {
        if (node != null) {
            node.close();
        }
    }

    static List<String> scripts() throws Exception {
        Path folder = Path.of(ToolScriptsIT.class.getResource("topics.script").toURI()).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".script"))
                    .filter(name -> name.matches("(" + ONLY + ")\\.script"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void prints_what_it_prints_against_apache_kafka(String script) throws Exception {
        Path files = Files.createDirectory(dir.resolve(script));
        try (ScriptRun run = new ScriptRun(broker, logs, files)) {
            ScriptCheck.check(script, run);
        }
    }
}
