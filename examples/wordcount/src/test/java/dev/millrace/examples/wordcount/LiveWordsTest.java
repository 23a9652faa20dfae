package dev.millrace.examples.wordcount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveWordsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path directory;

    @Test
    void counts_come_out_and_can_be_asked_for() throws Exception {
        List<String> lines = SampleText.lines().subList(0, 200);
        Map<String, Long> truth = WordCount.reference(lines);
        LiveWords.Program program = LiveWords.of(Flowable.fromIterable(lines));
        TestSubscriber<Record<String, Long>> changes = program.changes().test();
        try (TestBroker broker = TestBroker.start()) {
            Properties properties =
                    WordCount.properties(broker.bootstrapServers(), "live-" + UUID.randomUUID());
            properties.setProperty("state.dir", directory.toString());
            properties.setProperty("commit.interval.ms", "100");
            try (KafkaStreams streams = new KafkaStreams(program.topology(), properties)) {
                streams.start();
                await().atMost(PATIENCE).untilAsserted(() -> assertThat(last(changes)).isEqualTo(truth));

                assertThat(program.counts().get("the").blockingGet()).isEqualTo(truth.get("the"));
                assertThat(program.counts().all().count().blockingGet()).isEqualTo(truth.size());
            }
        }
    }

    private static Map<String, Long> last(TestSubscriber<Record<String, Long>> changes) {
        Map<String, Long> last = new HashMap<>();
        changes.values().forEach(each -> last.put(each.key(), each.value()));
        return last;
    }
}
