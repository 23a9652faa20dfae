package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.StreamsNotStartedException;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.QueryableTable;
import dev.millrace.streams.kstream.Repartitioned;
import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.subjects.CompletableSubject;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code toFlowable}, {@code stream(Flowable)} and {@code queryable}, against a broker. */
class FlowableTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BUFFER = 32;

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(2);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private Properties properties(String... settings) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve("state").toString());
        properties.setProperty(
                StreamsConfig.FLOWABLE_BUFFER_RECORDS_CONFIG, String.valueOf(BUFFER));
        properties.setProperty(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        return properties;
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    private static Consumed<String, String> strings() {
        return Consumed.with(Serdes.String(), Serdes.String());
    }

    private static List<String> valuesOf(
            TestSubscriber<Record<String, String>> subscriber, String key) {
        return subscriber.values().stream()
                .filter(record -> record.key().equals(key))
                .map(Record::value)
                .toList();
    }

    @Test
    void every_subscriber_gets_all_records_each_key_in_order_and_the_end() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        Flowable<Record<String, String>> records =
                builder.stream(cluster.input, strings()).toFlowable();
        TestSubscriber<Record<String, String>> first = records.test();
        TestSubscriber<Record<String, String>> second = records.test();
        cluster.writeAll(cluster.input, "a", numbers(0, 500));
        cluster.writeAll(cluster.input, "b", numbers(500, 1000));

        try (KafkaStreams streams =
                new KafkaStreams(
                        builder.build(),
                        properties(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "2"))) {
            streams.start();
            await().atMost(PATIENCE).until(() -> first.values().size() >= 1000);
            await().atMost(PATIENCE).until(() -> second.values().size() >= 1000);
        }

        for (TestSubscriber<Record<String, String>> each : List.of(first, second)) {
            await().atMost(PATIENCE).untilAsserted(each::assertComplete);
            assertThat(valuesOf(each, "a")).isEqualTo(numbers(0, 500));
            assertThat(valuesOf(each, "b")).isEqualTo(numbers(500, 1000));
        }
        records.test().awaitDone(20, TimeUnit.SECONDS).assertResult();
    }

    @Test
    void a_slow_subscriber_holds_its_tasks_and_nothing_else() throws Exception {
        String other = cluster.applicationId + "-other";
        cluster.create(other, 1);
        StreamsBuilder builder = new StreamsBuilder();
        AtomicInteger processed = new AtomicInteger();
        Flowable<Record<String, String>> records =
                builder.stream(cluster.input, strings())
                        .peek((key, value) -> processed.incrementAndGet())
                        .toFlowable();
        builder.stream(other, strings())
                .mapValues(value -> 1L)
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
        TestSubscriber<Record<String, String>> slow = records.test(0);
        cluster.writeAll(cluster.input, "a", numbers(0, 5000));

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.start();
            await().atMost(PATIENCE).until(() -> processed.get() == BUFFER);
            cluster.writeAll(other, "x", numbers(0, 300)); // the same thread's

            await().atMost(PATIENCE).until(() -> cluster.readOutput().size() == 300);
            assertThat(processed).hasValue(BUFFER);
            assertThat(slow.values()).isEmpty();
            slow.request(10);
            await().atMost(PATIENCE).until(() -> slow.values().size() == 10);
            await().atMost(PATIENCE).until(() -> processed.get() >= BUFFER + 10);
            assertThat(processed.get()).isLessThanOrEqualTo(BUFFER + 10 + 16); // its prefetch
            slow.request(Long.MAX_VALUE);
            await().atMost(PATIENCE).until(() -> slow.values().size() == 5000);
        }

        assertThat(valuesOf(slow, "a")).isEqualTo(numbers(0, 5000));
    }

    @Test
    void without_subscribers_records_go_by_and_one_that_cancels_holds_nothing() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        AtomicInteger processed = new AtomicInteger();
        Flowable<Record<String, String>> records =
                builder.stream(cluster.input, strings())
                        .peek((key, value) -> processed.incrementAndGet())
                        .toFlowable();

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.start();
            cluster.writeAll(cluster.input, "a", numbers(0, 1000));
            await().atMost(PATIENCE).until(() -> processed.get() == 1000);
            TestSubscriber<Record<String, String>> late = records.test(0);
            cluster.writeAll(cluster.input, "a", numbers(1000, 2000));
            await().atMost(PATIENCE).until(() -> processed.get() == 1000 + BUFFER);
            late.cancel();
            await().atMost(PATIENCE).until(() -> processed.get() == 2000);
            assertThat(late.values()).isEmpty();
        }
    }

    @Test
    void with_exactly_once_what_is_rolled_back_was_never_seen() throws Exception {
        cluster.writeAll(cluster.input, "a", numbers(0, 1000));
        AtomicInteger failures = new AtomicInteger();
        AtomicInteger calls = new AtomicInteger();
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, Long> counts =
                builder.stream(cluster.input, strings())
                        .groupByKey()
                        .count(Materialized.with(Serdes.String(), Serdes.Long()))
                        .toStream();
        TestSubscriber<Record<String, Long>> seen = counts.toFlowable().test();
        counts.peek(
                (key, count) -> {
                    if (failures.get() < 3 && calls.incrementAndGet() % 100 == 90) {
                        failures.incrementAndGet();
                        throw new IllegalStateException("from time to time");
                    }
                });

        try (KafkaStreams streams =
                new KafkaStreams(
                        builder.build(),
                        properties(
                                StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                                StreamsConfig.EXACTLY_ONCE_V2,
                                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                                "100"))) {
            streams.setUncaughtExceptionHandler(
                    exception -> StreamThreadExceptionResponse.REPLACE_THREAD);
            streams.start();
            await().atMost(PATIENCE).until(() -> seen.values().size() >= 1000);
        }

        await().atMost(PATIENCE).untilAsserted(seen::assertComplete);
        assertThat(failures).hasValue(3);
        assertThat(seen.values())
                .extracting(Record::value)
                .isEqualTo(IntStream.rangeClosed(1, 1000).mapToObj(Long::valueOf).toList());
    }

    @Test
    void what_makes_the_instance_fail_fails_the_subscribers() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> stream = builder.stream(cluster.input, strings());
        TestSubscriber<Record<String, String>> seen = stream.toFlowable().test();
        stream.foreach(
                (key, value) -> {
                    if (value.equals("5")) {
                        throw new IllegalStateException("five");
                    }
                });
        cluster.writeAll(cluster.input, "a", numbers(0, 10));

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.start();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> seen.assertError(error -> error.toString().contains("five")));
        }

        assertThat(valuesOf(seen, "a")).isEqualTo(numbers(0, 6));
    }

    @Test
    void a_flowable_is_a_source_like_a_topic_and_outlives_the_instance() throws Exception {
        List<String> lines = Counting.lines(500, 7);
        Flowable<Record<String, String>> source =
                Flowable.fromIterable(lines)
                        .map(line -> new Record<>(line, line, System.currentTimeMillis()));
        Properties properties =
                properties(
                        StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);

        AtomicBoolean complete = new AtomicBoolean();
        CompletableSubject gate = CompletableSubject.create();
        try (KafkaStreams first =
                new KafkaStreams(
                        counting(gate.andThen(source).doOnComplete(() -> complete.set(true)))
                                .build(),
                        properties)) {
            first.start();
            await().atMost(PATIENCE).until(() -> first.state() == KafkaStreams.State.RUNNING);
            first.pause(); // written, and most of it not processed
            gate.onComplete();
            await().atMost(PATIENCE).until(complete::get);
        }

        Map<String, Long> truth = Counting.reference(lines);
        try (KafkaStreams second =
                new KafkaStreams(counting(Flowable.never()).build(), properties)) {
            second.start();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(cluster.lastCounts()).isEqualTo(truth));
        }
        cluster.assertEveryUpdateOnce(truth);
        assertThat(cluster.partitionsOf(cluster.applicationId + "-lines-repartition")).isEqualTo(3);
    }

    private StreamsBuilder counting(Flowable<Record<String, String>> lines) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(
                        lines,
                        Repartitioned.with(Serdes.String(), Serdes.String())
                                .withName("lines")
                                .withNumberOfPartitions(3))
                .flatMapValues(line -> List.of(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"))
                .toStream()
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder;
    }

    @Test
    void a_flowable_that_fails_is_asked_again_or_ends_the_instance() throws Exception {
        AtomicInteger subscriptions = new AtomicInteger();
        List<String> handled = new CopyOnWriteArrayList<>();
        StreamsBuilder builder = new StreamsBuilder();
        TestSubscriber<Record<String, String>> seen =
                builder.stream(
                                Flowable.<Record<String, String>>defer(
                                        () ->
                                                Flowable.just(
                                                                new Record<>(
                                                                        "a",
                                                                        "try "
                                                                                + subscriptions
                                                                                        .incrementAndGet(),
                                                                        5))
                                                        .concatWith(
                                                                Flowable.error(
                                                                        new IllegalStateException(
                                                                                "dried up")))),
                                Repartitioned.with(Serdes.String(), Serdes.String()))
                        .toFlowable()
                        .test();

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.setUncaughtExceptionHandler(
                    exception -> {
                        handled.add(String.valueOf(exception.getMessage()));
                        return handled.size() < 3
                                ? StreamThreadExceptionResponse.REPLACE_THREAD
                                : StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                    });
            streams.start();
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.ERROR);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> seen.assertError(error -> "dried up".equals(error.getMessage())));
        }

        assertThat(handled).containsExactly("dried up", "dried up", "dried up");
        assertThat(List.of("try 1", "try 2", "try 3")).containsAll(valuesOf(seen, "a"));
    }

    @Test
    void a_flowable_is_partitioned_as_the_topic_that_it_is_joined_with() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        List<String> keys = numbers(0, 50);
        Map<String, String> rows = new HashMap<>();
        keys.forEach(key -> rows.put(key, "row " + key));
        cluster.write(cluster.input, rows);
        TestSubscriber<Record<String, String>> joined =
                builder.stream(
                                Flowable.fromIterable(keys)
                                        .delay(1, TimeUnit.SECONDS)
                                        .map(
                                                key ->
                                                        new Record<>(
                                                                key,
                                                                "event",
                                                                System.currentTimeMillis())),
                                Repartitioned.<String, String>as("events")
                                        .withKeySerde(Serdes.String())
                                        .withValueSerde(Serdes.String()))
                        .join(builder.table(cluster.input, strings()), (event, row) -> row)
                        .toFlowable()
                        .test();

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.start();
            await().atMost(PATIENCE).until(() -> joined.values().size() == 50);
        }

        assertThat(cluster.partitionsOf(cluster.applicationId + "-events-repartition"))
                .isEqualTo(2);
        assertThat(joined.values())
                .allSatisfy(record -> assertThat(record.value()).isEqualTo("row " + record.key()));
    }

    @Test
    void a_table_is_asked_while_the_program_runs() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        QueryableTable<String, Long> counts =
                builder.stream(cluster.input, strings())
                        .groupByKey()
                        .count(Materialized.with(Serdes.String(), Serdes.Long()))
                        .filter((key, count) -> count > 1)
                        .queryable("more-than-one");
        cluster.writeAll(cluster.input, "a", numbers(0, 3));
        cluster.writeAll(cluster.input, "b", numbers(0, 1));
        cluster.writeAll(cluster.input, "c", numbers(0, 2));
        counts.get("a")
                .test()
                .awaitDone(20, TimeUnit.SECONDS)
                .assertError(StreamsNotStartedException.class);

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.start();
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> Long.valueOf(3).equals(counts.get("a").blockingGet()));
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> Long.valueOf(2).equals(counts.get("c").blockingGet()));

            assertThat(counts.get("b").blockingGet()).isNull();
            List<KeyValue<String, Long>> rows = new ArrayList<>();
            counts.all().blockingForEach(rows::add);
            assertThat(rows)
                    .containsExactlyInAnyOrder(KeyValue.pair("a", 3L), KeyValue.pair("c", 2L));
            assertThat(counts.range("b", null).toList().blockingGet())
                    .containsExactly(KeyValue.pair("c", 2L));
            assertThat(counts.table().queryableStoreName()).isEqualTo("more-than-one");
        }
    }
}
