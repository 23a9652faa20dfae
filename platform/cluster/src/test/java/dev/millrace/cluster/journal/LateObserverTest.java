package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.PeerAddress;
import dev.millrace.cluster.TestNodes;
import dev.millrace.cluster.journal.MetadataRequest.CreateTopic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class LateObserverTest {
    private static final int SNAPSHOT_EVERY = 20;
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path directory;
    private final PeerAddress first = TestNodes.freePeer();

    private static final class State implements JournalListener {
        volatile MetadataState state = MetadataState.EMPTY;

        @Override
        public void applied(MetadataState next) {
            state = next;
        }

        @Override
        public void leaderChanged(String leaderId) {}

        @Override
        public void leaderReady() {}

        @Override
        public void failed(Throwable cause) {
            throw new AssertionError(cause);
        }
    }

    private Journal open(int nodeId, PeerAddress self, State listener) {
        return Journal.open(
                new JournalOptions(
                        nodeId,
                        directory.resolve("node-" + nodeId),
                        JournalPeer.of(self, nodeId == 1),
                        List.of(JournalPeer.of(first, true)),
                        SNAPSHOT_EVERY,
                        ClusterRules.DEFAULT,
                        false,
                        3),
                listener);
    }

    @Test
    void gets_a_snapshot_of_what_the_journal_no_longer_keeps() throws Exception {
        State ofFirst = new State();
        try (Journal journal = open(1, first, ofFirst)) {
            journal.ask(Registrations.of(1, 9092, "", Map.of())).get(30, TimeUnit.SECONDS);
            for (int i = 0; i < 4 * SNAPSHOT_EVERY; i++) {
                CreateTopic topic =
                        new CreateTopic("t" + i, Uuid.randomUuid(), 1, 1, Map.of(), Map.of());
                journal.ask(topic).get(30, TimeUnit.SECONDS);
            }
            Awaitility.await().atMost(SOON).until(() -> beginningIsGone("node-1"));

            State ofSecond = new State();
            try (Journal second = open(2, TestNodes.freePeer(), ofSecond)) {
                Awaitility.await()
                        .atMost(SOON)
                        .until(() -> ofSecond.state.version() == ofFirst.state.version());
                assertThat(ofSecond.state.topics()).isEqualTo(ofFirst.state.topics());
                assertThat(second.quorum().get(10, TimeUnit.SECONDS).observers()).hasSize(1);
            }
        }
    }

    private boolean beginningIsGone(String node) throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve(node))) {
            return files.noneMatch(file -> file.getFileName().toString().startsWith("log_0-"));
        }
    }
}
