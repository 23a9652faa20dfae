package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.client.codec.Codecs;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.processors.PublishProcessor;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProduceTest {
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
    void results_come_in_the_order_of_the_records() {
        Topic<String, String> topic = fixture.topic("order");

        List<Long> offsets =
                topic.produce(
                                Flowable.range(0, 5_000)
                                        .map(i -> new ProducerRecord<>(topic.name(), "k", "" + i)))
                        .map(RecordMetadata::offset)
                        .toList()
                        .blockingGet();

        assertThat(offsets)
                .containsExactlyElementsOf(Flowable.rangeLong(0, 5_000).toList().blockingGet());
        assertThat(
                        topic.records(ReadOptions.fromBeginning().untilNow())
                                .map(ConsumerRecord::value)
                                .toList()
                                .blockingGet())
                .containsExactlyElementsOf(
                        Flowable.range(0, 5_000).map(String::valueOf).toList().blockingGet());
    }

    @Test
    void the_source_is_asked_for_no_more_than_may_be_in_flight() {
        Topic<String, String> topic = fixture.topic("inflight");
        AtomicInteger asked = new AtomicInteger();
        MillraceClient client =
                MillraceClient.connect(
                        ClientConfig.of(fixture.broker.bootstrapServers()).withMaxInFlight(10));
        try (client) {
            TestSubscriber<RecordMetadata> results =
                    client.produce(
                                    Flowable.range(0, 2_000)
                                            .doOnNext(i -> asked.incrementAndGet())
                                            .map(
                                                    i ->
                                                            new ProducerRecord<>(
                                                                    topic.name(), "k", "" + i)))
                            .test(0);
            // In flight, the queue before the sender, and RxJava's queue before the subscriber.
            int bound = 10 + 10 + Flowable.bufferSize();
            await().during(Duration.ofMillis(500))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> asked.get() >= 10 && asked.get() <= bound);
            results.request(Long.MAX_VALUE);
            results.awaitDone(20, TimeUnit.SECONDS).assertComplete().assertValueCount(2_000);
        }
    }

    @Test
    void keys_and_values_are_encoded_by_their_class() {
        Topic<String, String> topic = fixture.topic("bytype");
        JsonObject json = new JsonObject().put("n", 1);

        fixture.client
                .produce(
                        Flowable.just(
                                new ProducerRecord<>(topic.name(), "text", json),
                                new ProducerRecord<>(topic.name(), 5L, "value")))
                .ignoreElements()
                .blockingAwait();

        List<ConsumerRecord<byte[], byte[]>> records =
                fixture.client
                        .topic(topic.name())
                        .records(ReadOptions.fromBeginning().untilNow())
                        .toList()
                        .blockingGet();
        assertThat(records.get(0).value())
                .isEqualTo(json.encode().getBytes(StandardCharsets.UTF_8));
        assertThat(records.get(1).key()).isEqualTo(new byte[] {0, 0, 0, 0, 0, 0, 0, 5});
    }

    @Test
    void a_class_without_a_codec_ends_the_stream_with_an_error_that_names_it() {
        fixture.client
                .produce(Flowable.just(new ProducerRecord<>("any", "k", new StringBuilder())))
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(
                        e -> Fixture.message(e).contains("no codec for java.lang.StringBuilder"));
    }

    @Test
    void a_record_that_is_refused_ends_the_stream_and_cancels_the_source() {
        Topic<String, byte[]> topic = fixture.topic("refused").values(Codecs.BYTES);
        AtomicInteger cancelled = new AtomicInteger();

        topic.produce(
                        Flowable.<ProducerRecord<String, byte[]>>just(
                                        new ProducerRecord<>(topic.name(), "k", new byte[2 << 20]))
                                .concatWith(Flowable.never())
                                .doOnCancel(cancelled::incrementAndGet))
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(RecordTooLargeException.class);

        assertThat(cancelled).hasValue(1);
    }

    @Test
    void a_record_of_another_topic_is_refused() {
        Topic<String, String> topic = Fixture.strings(fixture.client, "one");
        topic.produce(Flowable.just(new ProducerRecord<>("two", "k", "v")))
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(
                        e ->
                                Fixture.message(e)
                                        .equals("expected records for topic one, got one for two"));
    }

    @Test
    void a_broker_that_does_not_answer_is_an_error_within_the_timeout() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                MillraceClient client =
                        MillraceClient.connect(
                                ClientConfig.of("127.0.0.1:" + silent.getLocalPort())
                                        .withConnectTimeoutMs(500))) {
            client.send(new ProducerRecord<>("any", "k", "v"))
                    .test()
                    .awaitDone(10, TimeUnit.SECONDS)
                    .assertError(ClientException.NoLeader.class);
            client.admin()
                    .topicNames()
                    .test()
                    .awaitDone(10, TimeUnit.SECONDS)
                    .assertError(ClientException.Unreachable.class);
        }
    }

    @Test
    void closing_sends_what_waits_to_be_sent() {
        Topic<String, String> topic = fixture.topic("closing");
        MillraceClient client =
                MillraceClient.connect(
                        ClientConfig.of(fixture.broker.bootstrapServers())
                                .with("linger.ms", 3_000));
        Topic<String, String> mine = Fixture.strings(client, topic.name());
        var result = mine.send("k", "v").test();

        client.close();

        result.awaitDone(10, TimeUnit.SECONDS).assertComplete();
        assertThatThrownBy(() -> mine.send("k", "w").blockingGet())
                .isInstanceOf(ClientException.Closed.class);
    }

    @Test
    void closing_ends_a_stream_that_is_still_open_with_an_error() {
        Topic<String, String> topic = fixture.topic("open");
        MillraceClient client = MillraceClient.connect(fixture.broker.bootstrapServers());
        PublishProcessor<ProducerRecord<?, ?>> source = PublishProcessor.create();
        TestSubscriber<RecordMetadata> results = client.produce(source).test();
        source.onNext(new ProducerRecord<>(topic.name(), "k", "v"));
        results.awaitCount(1);

        client.close();
        source.onNext(new ProducerRecord<>(topic.name(), "k", "w"));

        results.awaitDone(10, TimeUnit.SECONDS).assertError(ClientException.Closed.class);
    }
}
