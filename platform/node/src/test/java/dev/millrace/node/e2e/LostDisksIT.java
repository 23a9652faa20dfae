package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node whose disks go while it runs. */
class LostDisksIT {
    private static final Logger LOG = LoggerFactory.getLogger(LostDisksIT.class);

    @TempDir Path data;

    /** At once: the node goes on creating files in what it still has. */
    private static void replaceByFile(Path directory) throws IOException {
        Files.move(directory, directory.resolveSibling(directory.getFileName() + "-lost"));
        Files.createFile(directory);
    }

    private static void createTopic(PackagedNode node, String name, int partitions)
            throws InterruptedException {
        try (Admin admin =
                Admin.create(
                        Map.of(
                                "bootstrap.servers",
                                node.kafka(),
                                "default.api.timeout.ms",
                                12_000,
                                "request.timeout.ms",
                                10_000))) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                    .all()
                    .get(15, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.info("{} was not created", name, e);
        }
    }

    private static void awaitDirectory(Path path) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> Files.isDirectory(path));
    }

    @Test
    void without_its_only_log_directory_it_ends_and_says_why() throws Exception {
        try (PackagedNode node = PackagedNode.start(data.resolve("node"))) {
            createTopic(node, "before", 1);
            replaceByFile(data.resolve("node/topics"));
            createTopic(node, "after", 1);

            assertThat(node.awaitExit()).isEqualTo(1);
            assertThat(node.errors())
                    .contains("the node stops: all log directories are offline")
                    .contains("start the node again");
        }
    }

    @Test
    void without_one_of_two_it_goes_on_and_starts_again() throws Exception {
        Path good = data.resolve("good");
        Path bad = data.resolve("bad");
        String[] options = {
            "--set",
            "log.dirs=" + good + "," + bad,
            "--set",
            "metadata.log.dir=" + data.resolve("m"),
            "--set",
            "millrace.state.dir=" + data.resolve("s")
        };
        try (PackagedNode node = PackagedNode.startWith(options)) {
            replaceByFile(bad);
            createTopic(node, "t", 4);
            awaitDirectory(good.resolve("t-3"));
            assertThat(node.stop()).isIn(0, 143);
        }
        try (PackagedNode node = PackagedNode.startWith(options)) {
            createTopic(node, "u", 2);
            awaitDirectory(good.resolve("u-1"));
            assertThat(node.stop()).isIn(0, 143);
        }
    }
}
