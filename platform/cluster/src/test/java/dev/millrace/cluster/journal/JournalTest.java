package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.ClusterStartException;
import dev.millrace.cluster.journal.MetadataRequest.AllocateProducerIds;
import dev.millrace.cluster.journal.MetadataRequest.CreateTopic;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    private static final int SNAPSHOT_EVERY = 40;
    private static final JournalPeer SELF = JournalPeer.alone(1, "127.0.0.1", 0);

    @TempDir Path directory;
    private volatile MetadataState state = MetadataState.EMPTY;
    private volatile boolean leading;

    private final JournalListener listener =
            new JournalListener() {
                @Override
                public void applied(MetadataState next) {
                    state = next;
                }

                @Override
                public void leaderChanged(String leaderId) {}

                @Override
                public void leaderReady() {
                    leading = true;
                }

                @Override
                public void failed(Throwable cause) {
                    throw new AssertionError(cause);
                }
            };

    private Journal open() {
        state = MetadataState.EMPTY;
        leading = false;
        Journal journal =
                Journal.open(
                        new JournalOptions(
                                1,
                                directory,
                                SELF,
                                List.of(SELF),
                                SNAPSHOT_EVERY,
                                ClusterRules.DEFAULT),
                        listener);
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> leading && !state.clusterId().isEmpty());
        return journal;
    }

    private static Outcome ask(Journal journal, MetadataRequest request) {
        try {
            return journal.ask(request).get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (RuntimeException) e.getCause();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static CreateTopic topic(String name) {
        return new CreateTopic(name, Uuid.randomUuid(), 1, 1, Map.of(), Map.of());
    }

    private List<Path> files(String prefix) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix)).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_restart_reads_the_snapshot_and_replays_what_came_after_it() {
        MetadataState before;
        try (Journal journal = open()) {
            ask(journal, Registrations.of(1, 9092, "r", Map.of()));
            for (int i = 0; i < 3 * SNAPSHOT_EVERY + 7; i++) {
                ask(journal, topic("t" + i));
            }
            ask(journal, new AllocateProducerIds(500));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(
                            () ->
                                    files("snapshot.").stream()
                                            .anyMatch(f -> f.toString().endsWith(".md5")));
            before = state;
        }
        assertThat(files("snapshot.")).as("two snapshots and their digests").hasSizeBetween(2, 4);

        try (Journal journal = open()) {
            assertThat(state).isEqualTo(before);
            assertThat(ask(journal, new AllocateProducerIds(1)).reply()).isEqualTo(500);
        }
    }

    @Test
    void an_entry_torn_by_power_loss_is_cut_and_all_before_it_is_there() throws IOException {
        try (Journal journal = open()) {
            ask(journal, Registrations.of(1, 9092, "", Map.of()));
            ask(journal, topic("kept"));
            ask(journal, topic("torn"));
        }
        Path segment = files("log_inprogress").get(0);
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            long end = file.length();
            file.setLength(end - 9);
            file.setLength(end + 1_000);
        }

        try (Journal journal = open()) {
            assertThat(state.topics()).containsOnlyKeys("kept");
            ask(journal, topic("torn"));
            assertThat(state.topics()).containsOnlyKeys("kept", "torn");
        }
    }

    @Test
    void an_entry_damaged_before_others_is_refused_not_cut() throws IOException {
        try (Journal journal = open()) {
            ask(journal, Registrations.of(1, 9092, "", Map.of()));
            ask(journal, topic("damaged"));
            ask(journal, topic("behind"));
        }
        Path segment = files("log_inprogress").get(0);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[indexOf(bytes, "damaged")] ^= 1;
        Files.write(segment, bytes);

        assertThatThrownBy(this::open)
                .isInstanceOf(ClusterStartException.class)
                .hasMessageContaining("orrupt");
        assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
    }

    private static int indexOf(byte[] bytes, String word) {
        return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(word);
    }

    @Test
    void a_change_too_large_for_the_journal_is_refused_and_the_next_is_made() {
        try (Journal journal = open()) {
            ask(journal, Registrations.of(1, 9092, "", Map.of()));
            Map<String, String> huge = Map.of("x", "y".repeat(Proposer.MAX_REQUEST_BYTES));

            assertThatThrownBy(
                            () ->
                                    ask(
                                            journal,
                                            new CreateTopic(
                                                    "huge",
                                                    Uuid.randomUuid(),
                                                    1,
                                                    1,
                                                    Map.of(),
                                                    huge)))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("1048576");
            ask(journal, topic("next"));
            assertThat(state.topics()).containsOnlyKeys("next");
        }
    }
}
