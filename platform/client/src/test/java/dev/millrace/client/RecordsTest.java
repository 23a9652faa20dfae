package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.client.codec.Codec;
import dev.millrace.client.codec.Codecs;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RecordsTest {
    private static final Duration SOON = Duration.ofSeconds(10);
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
    void the_whole_topic_comes_first_then_what_is_added() {
        Topic<String, String> topic = fixture.topic("whole");
        Fixture.fill(topic, 3);

        TestSubscriber<String> reader = topic.records().map(ConsumerRecord::value).test();
        reader.awaitCount(3);
        Fixture.done(topic.send("k", "added"));
        reader.awaitCount(4);

        reader.assertValues("0", "1", "2", "added").assertNotComplete().cancel();
    }

    @Test
    void no_more_is_handed_down_than_was_requested() {
        Topic<String, String> topic = fixture.topic("demand");
        Fixture.fill(topic, 2_000);

        TestSubscriber<String> reader = topic.records().map(ConsumerRecord::value).test(1);
        reader.awaitCount(1);
        await().during(Duration.ofMillis(700))
                .atMost(SOON)
                .until(() -> reader.values().size() == 1);
        reader.request(2);
        reader.awaitCount(3);
        await().during(Duration.ofMillis(300))
                .atMost(SOON)
                .until(() -> reader.values().size() == 3);

        reader.assertValues("0", "1", "2").cancel();
    }

    @Test
    void nothing_is_read_ahead_beyond_one_poll() {
        Topic<String, String> topic = fixture.topic("ahead");
        Fixture.fill(topic, 5_000);
        AtomicInteger decoded = new AtomicInteger();
        Codec<String> counting =
                new Codec<>(
                        "counting",
                        Codecs.STRING.serializer(),
                        (name, data) -> {
                            decoded.incrementAndGet();
                            return Codecs.STRING.deserializer().deserialize(name, data);
                        });
        MillraceClient client =
                MillraceClient.connect(
                        ClientConfig.of(fixture.broker.bootstrapServers()).withMaxPollRecords(100));
        try (client) {
            TestSubscriber<?> reader =
                    client.topic(topic.name()).keys(counting).records().test(150);
            reader.awaitCount(150);
            await().during(Duration.ofMillis(500))
                    .atMost(SOON)
                    .until(() -> decoded.get() >= 150 && decoded.get() <= 250);
            reader.request(Long.MAX_VALUE);
            reader.awaitCount(5_000);
            reader.cancel();
        }
        assertThat(decoded).hasValue(5_000);
    }

    @Test
    void new_demand_wakes_a_waiting_reader_at_once() {
        Topic<String, String> topic = fixture.topic("wake");
        Fixture.fill(topic, 200);
        MillraceClient client =
                MillraceClient.connect(
                        ClientConfig.of(fixture.broker.bootstrapServers()).withMaxPollRecords(1));
        try (client) {
            TestSubscriber<?> reader = client.topic(topic.name()).records().test(1);
            reader.awaitCount(1);
            long startNs = System.nanoTime();
            for (int i = 2; i <= 200; i++) {
                reader.request(1);
                reader.awaitCount(i);
            }
            // Each wait for the end of an idle poll would cost up to a second.
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(SOON);
            reader.assertValueCount(200).cancel();
        }
    }

    @Test
    void cancelling_ends_the_thread_with_and_without_demand() {
        Topic<String, String> topic = fixture.topic("cancel");
        Fixture.fill(topic, 10);
        for (long demand : new long[] {0, 1, Long.MAX_VALUE}) {
            TestSubscriber<?> reader = topic.records().test(demand);
            reader.awaitCount((int) Math.min(demand, 10));
            assertThat(Fixture.readerRuns(topic.name())).isTrue();

            reader.cancel();

            await().atMost(Duration.ofSeconds(3)).until(() -> !Fixture.readerRuns(topic.name()));
            reader.assertNoErrors();
        }
    }

    @Test
    void a_subscriber_that_takes_enough_ends_the_thread() {
        Topic<String, String> topic = fixture.topic("take");
        Fixture.fill(topic, 10);

        assertThat(topic.records().take(4).map(ConsumerRecord::value).toList().blockingGet())
                .containsExactly("0", "1", "2", "3");

        await().atMost(SOON).until(() -> !Fixture.readerRuns(topic.name()));
    }

    @Test
    void until_now_completes_at_the_end_that_was_there_at_subscription() {
        Topic<String, String> topic = fixture.topic("now", 3);
        for (int i = 0; i < 100; i++) {
            Fixture.done(topic.send("key" + i, "" + i));
        }

        TestSubscriber<String> reader =
                topic.records(ReadOptions.fromBeginning().untilNow())
                        .map(ConsumerRecord::value)
                        .test(10);
        reader.awaitCount(10);
        Fixture.done(topic.send("late", "late"));
        reader.request(Long.MAX_VALUE);

        assertThat(reader.awaitDone(10, TimeUnit.SECONDS).assertComplete().values())
                .hasSize(100)
                .doesNotContain("late");
    }

    @Test
    void until_now_of_an_empty_topic_completes() {
        fixture.topic("empty")
                .records(ReadOptions.fromBeginning().untilNow())
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertComplete()
                .assertNoValues();
    }

    @Test
    void reads_from_the_given_offsets() {
        Topic<String, String> topic = fixture.topic("offsets");
        Fixture.fill(topic, 10);

        assertThat(values(topic, ReadOptions.fromOffsets(Map.of(0, 7L)).untilNow()))
                .containsExactly("7", "8", "9");
    }

    @Test
    void reads_from_the_first_record_of_a_time() {
        Topic<String, String> topic = fixture.topic("time");
        for (long timestampMs : List.of(1_000L, 2_000L, 3_000L)) {
            Fixture.done(
                    fixture.client.send(
                            new ProducerRecord<>(
                                    topic.name(), null, timestampMs, "k", "" + timestampMs)));
        }

        assertThat(values(topic, ReadOptions.fromTimestamp(Instant.ofEpochMilli(1_500)).untilNow()))
                .containsExactly("2000", "3000");
        assertThat(values(topic, ReadOptions.fromTimestamp(Instant.ofEpochMilli(9_999)).untilNow()))
                .isEmpty();
    }

    @Test
    void reads_from_the_latest_offset() {
        Topic<String, String> topic = fixture.topic("latest");
        Fixture.fill(topic, 5);

        TestSubscriber<String> reader =
                topic.records(ReadOptions.fromLatest()).map(ConsumerRecord::value).test();
        // A record written before the reader has looked up the end is not "added": write until
        // seen.
        await().atMost(SOON)
                .until(
                        () -> {
                            Fixture.done(topic.send("k", "new"));
                            return !reader.values().isEmpty();
                        });

        assertThat(reader.values()).containsOnly("new");
        reader.cancel();
    }

    @Test
    void reads_only_the_given_partitions() {
        Topic<String, String> topic = fixture.topic("partitions", 3);
        for (int partition = 0; partition < 3; partition++) {
            Fixture.done(
                    fixture.client.send(
                            new ProducerRecord<>(topic.name(), partition, "k", "p" + partition)));
        }

        assertThat(values(topic, ReadOptions.fromBeginning().partitions(Set.of(1)).untilNow()))
                .containsExactly("p1");
        topic.records(ReadOptions.fromBeginning().partitions(Set.of(3)))
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(e -> Fixture.message(e).contains("there is no partition 3"));
    }

    @Test
    void an_unknown_topic_is_an_error_that_names_it() {
        String name = Fixture.unique("nowhere");

        Fixture.strings(fixture.client, name)
                .records()
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(ClientException.UnknownTopic.class)
                .assertError(e -> Fixture.message(e).contains(name));
    }

    @Test
    void a_broker_that_does_not_answer_is_an_error_within_the_timeout() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                MillraceClient client =
                        MillraceClient.connect(
                                ClientConfig.of("127.0.0.1:" + silent.getLocalPort())
                                        .withConnectTimeoutMs(500))) {
            client.topic("any")
                    .records()
                    .test()
                    .awaitDone(10, TimeUnit.SECONDS)
                    .assertError(ClientException.Unreachable.class)
                    .assertError(e -> Fixture.message(e).contains("within 500 ms"));
        }
    }

    @Test
    void a_record_that_does_not_fit_the_codec_is_an_error_that_names_it() {
        Topic<String, String> topic = fixture.topic("bad");
        Fixture.done(topic.send("k", "not eight bytes"));

        topic.values(Codecs.LONG)
                .records()
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(ClientException.Undecodable.class)
                .assertError(
                        e ->
                                Fixture.message(e)
                                        .startsWith(
                                                "the value of "
                                                        + topic.name()
                                                        + "-0@0 (15 bytes) is not a Long"));
    }

    @Test
    void closing_the_client_ends_its_readers_with_an_error() {
        Topic<String, String> topic = fixture.topic("close");
        MillraceClient client = MillraceClient.connect(fixture.broker.bootstrapServers());
        TestSubscriber<?> reader = client.topic(topic.name()).records().test();

        client.close();

        reader.awaitDone(10, TimeUnit.SECONDS).assertError(ClientException.Closed.class);
        assertThat(Fixture.readerRuns(topic.name())).isFalse();
    }

    @Test
    void options_that_contradict_each_other_are_refused() {
        assertThatThrownBy(() -> ReadOptions.fromBeginning().group("g").untilNow())
                .hasMessageContaining("a group never ends");
        assertThatThrownBy(() -> ReadOptions.fromOffsets(Map.of(0, 1L)).group("g"))
                .hasMessageContaining("committed offsets");
        assertThatThrownBy(() -> ReadOptions.fromOffsets(Map.of(0, -1L)))
                .hasMessageContaining("expected 0 or more, got -1");
    }

    private static List<String> values(Topic<String, String> topic, ReadOptions options) {
        return topic.records(options)
                .map(ConsumerRecord::value)
                .timeout(10, TimeUnit.SECONDS)
                .toList()
                .blockingGet();
    }
}
