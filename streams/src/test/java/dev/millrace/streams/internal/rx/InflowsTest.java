package dev.millrace.streams.internal.rx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.processors.PublishProcessor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Flowables written by a producer whose acknowledgements the test gives. */
class InflowsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int IN_FLIGHT = 8;

    /** Under way on RxJava's side of the thread that sends. */
    private static final int AHEAD = 8;

    private static final String TOPIC = "app-numbers-repartition";

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(
                    threePartitions(),
                    false,
                    new RoundRobinPartitioner(),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final Inflows inflows =
            new Inflows(
                    producer,
                    new Inflows.Environment(
                            topic -> "app-" + topic, Serdes::String, Serdes::String, IN_FLIGHT),
                    (inflow, cause) -> failures.add(cause));

    private static Cluster threePartitions() {
        Node node = new Node(0, "localhost", 1);
        List<PartitionInfo> partitions = new ArrayList<>();
        for (int partition = 0; partition < 3; partition++) {
            partitions.add(
                    new PartitionInfo(
                            TOPIC, partition, node, new Node[] {node}, new Node[] {node}));
        }
        return new Cluster("test", List.of(node), partitions, Set.of(), Set.of());
    }

    private static Inflow inflow(Flowable<Record<Object, Object>> records) {
        return new Inflow("numbers-repartition", records, null, null, null);
    }

    private static Flowable<Record<Object, Object>> numbers(int count) {
        return Flowable.range(0, count).map(n -> new Record<>("key", "n" + n, 1000L + n));
    }

    private List<@Nullable String> sent() {
        return producer.history().stream()
                .map(
                        each ->
                                each.value() == null
                                        ? null
                                        : new String(each.value(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void no_more_is_asked_for_than_is_acknowledged() {
        AtomicLong emitted = new AtomicLong();

        inflows.read(inflow(numbers(10_000).doOnNext(record -> emitted.incrementAndGet())));
        await().atMost(PATIENCE).until(() -> sent().size() == IN_FLIGHT);

        for (int acknowledged = 1; acknowledged <= 30; acknowledged++) {
            assertThat(producer.completeNext()).isTrue();
            int expected = IN_FLIGHT + acknowledged;
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> sent().size() == expected);
            assertThat(emitted.get()).isLessThanOrEqualTo(expected + AHEAD);
        }
        assertThat(producer.history().get(3).topic()).isEqualTo(TOPIC);
        assertThat(producer.history().get(3).timestamp()).isEqualTo(1003);
    }

    @Test
    void completion_ends_nothing_and_fails_nobody() {
        inflows.read(inflow(numbers(3)));

        await().atMost(PATIENCE).until(() -> sent().size() == 3);
        assertThat(producer.closed()).isFalse();
        inflows.close(Duration.ZERO);
        assertThat(producer.closed()).isTrue();
        assertThat(failures).isEmpty();
    }

    @Test
    void an_error_comes_behind_the_records_before_it() {
        inflows.read(
                inflow(
                        numbers(3)
                                .concatWith(
                                        Flowable.error(new IllegalStateException("dried up")))));

        await().atMost(PATIENCE).until(() -> failures.size() == 1);
        assertThat(failures.get(0)).hasMessage("dried up");
        assertThat(sent()).containsExactly("n0", "n1", "n2");
    }

    @Test
    void what_cannot_be_written_cancels_the_flowable_and_fails_once() {
        PublishProcessor<Record<Object, Object>> source = PublishProcessor.create();
        inflows.read(inflow(source));
        await().atMost(PATIENCE).until(source::hasSubscribers);
        source.onNext(new Record<>("key", "first", 1));
        source.onNext(new Record<>("key", "second", 2));
        await().atMost(PATIENCE).until(() -> sent().size() == 2);

        producer.errorNext(new IllegalStateException("no disk"));
        producer.errorNext(new IllegalStateException("no disk, again"));

        await().atMost(PATIENCE).until(() -> !source.hasSubscribers());
        assertThat(failures)
                .singleElement()
                .hasToString("java.lang.IllegalStateException: no disk");
    }

    @Test
    void a_record_that_cannot_be_serialised_is_an_error() {
        inflows.read(inflow(Flowable.just(new Record<>("key", 5, 1))));

        await().atMost(PATIENCE).until(() -> failures.size() == 1);
        assertThat(failures.get(0)).isInstanceOf(ClassCastException.class);
    }

    @Test
    void a_partitioner_sends_a_record_to_several_partitions_or_none() {
        StringSerializer strings = new StringSerializer();
        inflows.read(
                new Inflow(
                        "numbers-repartition",
                        numbers(100),
                        Erased.cast(strings),
                        Erased.cast(strings),
                        (topic, key, value, partitions) ->
                                Optional.of(
                                        "n99".equals(value)
                                                ? Set.of(0, partitions - 1)
                                                : Set.of())));

        // Those that are dropped wait for nobody.
        await().atMost(PATIENCE).until(() -> sent().size() == 2);
        assertThat(producer.history())
                .extracting(each -> each.partition())
                .containsExactlyInAnyOrder(0, 2);
    }

    @Test
    void closed_it_takes_no_more() {
        PublishProcessor<Record<Object, Object>> source = PublishProcessor.create();
        inflows.read(inflow(source));
        await().atMost(PATIENCE).until(source::hasSubscribers);

        inflows.close(Duration.ZERO);

        assertThat(source.hasSubscribers()).isFalse();
        inflows.read(inflow(source));
        assertThat(source.hasSubscribers()).isFalse();
        assertThat(failures).isEmpty();
    }
}
