package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.disposables.Disposable;
import io.reactivex.rxjava3.observers.TestObserver;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GroupTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static Fixture fixture;

    @BeforeAll
    static void start() {
        fixture = new Fixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @Test
    void a_group_resumes_after_the_last_record_that_was_handed_down() {
        Topic<String, String> topic = fixture.topic("resume");
        ReadOptions options = ReadOptions.fromBeginning().group(Fixture.unique("resume"));
        Fixture.fill(topic, 10);

        assertThat(take(topic, options, 4)).containsExactly("0", "1", "2", "3");
        assertThat(take(topic, options, 3)).containsExactly("4", "5", "6");
    }

    @Test
    void a_member_without_demand_stays_in_its_group() {
        Topic<String, String> topic = fixture.topic("idle");
        MillraceClient client =
                MillraceClient.connect(
                        ClientConfig.of(fixture.broker.bootstrapServers())
                                .with("session.timeout.ms", 6_000)
                                .with("max.poll.interval.ms", 6_000)
                                .with("heartbeat.interval.ms", 1_000));
        Fixture.fill(topic, 10);
        try (client) {
            TestSubscriber<String> reader =
                    Fixture.strings(client, topic.name())
                            .records(ReadOptions.fromBeginning().group(Fixture.unique("idle")))
                            .map(ConsumerRecord::value)
                            .test(2);
            await().atMost(SOON).until(() -> reader.values().size() == 2);
            await().during(Duration.ofSeconds(7))
                    .atMost(SOON)
                    .until(() -> reader.values().size() == 2);
            reader.request(3);

            // Had it been expelled, it would begin again at its committed offset.
            await().atMost(SOON).until(() -> reader.values().size() == 5);
            reader.assertValues("0", "1", "2", "3", "4").cancel();
        }
    }

    @Test
    void partitions_are_shared_by_the_members_of_a_group() {
        Topic<String, String> topic = fixture.topic("shared", 2);
        ReadOptions options = ReadOptions.fromBeginning().group(Fixture.unique("shared"));
        TestSubscriber<Integer> one = topic.records(options).map(ConsumerRecord::partition).test();
        TestSubscriber<Integer> two = topic.records(options).map(ConsumerRecord::partition).test();

        await().atMost(SOON)
                .until(
                        () -> {
                            for (int i = 0; i < 10; i++) {
                                Fixture.done(topic.send("key" + i, "v"));
                            }
                            return !one.values().isEmpty() && !two.values().isEmpty();
                        });

        one.cancel();
        two.cancel();
    }

    @Test
    void process_commits_a_record_only_after_its_work_is_done() {
        Topic<String, String> topic = fixture.topic("process");
        String group = Fixture.unique("process");
        ReadOptions options = ReadOptions.fromBeginning().group(group);
        Fixture.fill(topic, 10);
        List<String> begun = new CopyOnWriteArrayList<>();

        Disposable worker =
                topic.process(
                                options,
                                record -> {
                                    begun.add(record.value());
                                    return record.value().equals("3")
                                            ? Completable.never()
                                            : Completable.complete();
                                })
                        .subscribe();
        await().atMost(SOON).until(() -> begun.contains("3"));
        worker.dispose();

        TopicPartition partition = new TopicPartition(topic.name(), 0);
        await().atMost(SOON)
                .untilAsserted(
                        () ->
                                assertThat(
                                                fixture.client
                                                        .admin()
                                                        .committedOffsets(group)
                                                        .blockingGet())
                                        .containsEntry(partition, 3L));
        await().atMost(SOON).until(() -> !Fixture.readerRuns(topic.name()));
        assertThat(begun).containsExactly("0", "1", "2", "3");
        assertThat(take(topic, options, 1)).containsExactly("3");
    }

    @Test
    void process_fails_when_the_work_fails() {
        Topic<String, String> topic = fixture.topic("fails");
        Fixture.fill(topic, 3);

        TestObserver<Void> worker =
                topic.process(
                                ReadOptions.fromBeginning().group(Fixture.unique("fails")),
                                record -> Completable.error(new IllegalStateException("no")))
                        .test();

        assertThat(worker.awaitDone(20, TimeUnit.SECONDS).isDisposed()).isFalse();
        worker.assertError(IllegalStateException.class);
        assertThatThrownBy(
                        () ->
                                topic.process(
                                        ReadOptions.fromBeginning(), r -> Completable.complete()))
                .hasMessageContaining("expected options with a group");
    }

    private static List<String> take(Topic<String, String> topic, ReadOptions options, int n) {
        List<String> values =
                topic.records(options)
                        .map(ConsumerRecord::value)
                        .take(n)
                        .timeout(20, TimeUnit.SECONDS)
                        .toList()
                        .blockingGet();
        await().atMost(SOON).until(() -> !Fixture.readerRuns(topic.name()));
        return values;
    }
}
