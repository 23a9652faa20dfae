package dev.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.internal.store.CacheBudget;
import dev.millrace.streams.internal.task.Handover;
import dev.millrace.streams.internal.task.ProgramMetrics;
import dev.millrace.streams.internal.task.RecordCollector;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.api.ContextualProcessor;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.state.Stores;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two tasks of one partition each, without threads or brokers between them. */
class HandoverTest {
    private static final String APPLICATION = "app";
    private static final Serde<String> STRINGS = Serdes.String();

    @TempDir Path directory;

    private final List<String> sent = new ArrayList<>();
    private final Map<String, Handover> handovers = new LinkedHashMap<>();
    private final Map<Integer, Task> tasks = new LinkedHashMap<>();
    private long offset;

    private final class Sent implements RecordCollector {
        @Override
        public void send(
                String topic,
                @Nullable Integer partition,
                byte @Nullable [] key,
                byte @Nullable [] value,
                long timestamp,
                @Nullable Headers headers) {
            if (topic.endsWith("-changelog")) {
                return;
            }
            String names = "";
            if (headers != null) {
                for (var header : headers) {
                    names += "+" + header.key();
                }
            }
            sent.add(topic + " " + text(key) + "=" + text(value) + "@" + timestamp + names);
        }

        private @Nullable String text(byte @Nullable [] bytes) {
            return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public int partitionsFor(String topic) {
            return 1;
        }
    }

    private void open(Topology topology, @Nullable CacheBudget budget) {
        StreamsConfig config =
                new StreamsConfig(
                        Map.of(
                                "application.id",
                                APPLICATION,
                                "bootstrap.servers",
                                "localhost:1",
                                "default.key.serde",
                                Serdes.StringSerde.class,
                                "default.value.serde",
                                Serdes.StringSerde.class,
                                "default.dsl.store",
                                "in_memory"));
        TopologySpec spec = topology.spec();
        spec.repartitionTopics()
                .keySet()
                .forEach(
                        topic -> {
                            String name = spec.decorate(topic, APPLICATION);
                            handovers.put(name, new Handover(name));
                        });
        for (SubtopologySpec each : spec.subtopologies(APPLICATION)) {
            TaskId id = new TaskId(each.id(), 0);
            Task task =
                    new Task(
                            id,
                            each,
                            each.sourceTopics().stream()
                                    .map(topic -> new TopicPartition(topic, 0))
                                    .toList(),
                            new Task.Environment(
                                    config,
                                    new Sent(),
                                    topic -> spec.decorate(topic, APPLICATION),
                                    store -> store.changelogTopic(APPLICATION),
                                    topic -> 0,
                                    budget,
                                    directory.resolve(id.toString()),
                                    System::currentTimeMillis,
                                    Map.of(),
                                    handovers::get,
                                    new ProgramMetrics(new Metrics(), "test")));
            task.openStores();
            task.start();
            tasks.put(each.id(), task);
        }
        handovers.forEach(
                (name, handover) ->
                        tasks.values().stream()
                                .filter(
                                        task ->
                                                task.partitions()
                                                        .contains(new TopicPartition(name, 0)))
                                .filter(Task::takesHandovers)
                                .forEach(task -> handover.open(1, Map.of(0, task))));
    }

    private void pipe(String key, String value, long timestamp, Headers headers) {
        Task first = tasks.values().iterator().next();
        first.addRecords(
                new TopicPartition("in", 0),
                List.of(
                        new ConsumerRecord<>(
                                "in",
                                0,
                                offset++,
                                timestamp,
                                TimestampType.CREATE_TIME,
                                key.length(),
                                value.length(),
                                key.getBytes(StandardCharsets.UTF_8),
                                value.getBytes(StandardCharsets.UTF_8),
                                headers,
                                Optional.empty())));
        first.process(Integer.MAX_VALUE);
    }

    private void pipe(String key, String value, long timestamp) {
        pipe(key, value, timestamp, new RecordHeaders());
    }

    private Topology counting() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(STRINGS, STRINGS))
                .groupBy((key, value) -> value, Grouped.with("g", STRINGS, STRINGS))
                .reduce((before, value) -> before + value)
                .toStream()
                .to("out", Produced.with(STRINGS, STRINGS));
        return builder.build();
    }

    @Test
    void every_record_comes_out_at_once_and_in_order() {
        open(counting(), null);

        pipe("k", "a", 5);
        pipe("k", "b", 7);
        pipe("k", "a", 6);

        assertThat(sent).containsExactly("out a=a@5", "out b=b@7", "out a=aa@6");
        assertThat(handovers.values()).extracting(Handover::records).containsExactly(3L);
    }

    @Test
    void closed_all_goes_through_the_topic() {
        open(counting(), null);
        handovers.values().forEach(Handover::close);

        pipe("k", "a", 5);

        assertThat(sent).containsExactly("app-g-repartition a=a@5");
    }

    @Test
    void headers_travel_as_a_copy() {
        open(counting(), null);
        Headers headers = new RecordHeaders();
        headers.add("h", new byte[0]);

        pipe("k", "a", 5, headers);

        assertThat(sent).containsExactly("out a=a@5+h");
    }

    @Test
    void objects_that_may_change_are_written_and_read() {
        AtomicLong readings = new AtomicLong();
        Serde<StringBuilder> texts =
                Serdes.serdeFrom(
                        (topic, text) ->
                                text == null
                                        ? null
                                        : text.toString().getBytes(StandardCharsets.UTF_8),
                        (topic, bytes) -> {
                            readings.incrementAndGet();
                            return new StringBuilder(new String(bytes, StandardCharsets.UTF_8));
                        });
        StringBuilder reused = new StringBuilder();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(STRINGS, STRINGS))
                .mapValues(
                        value -> {
                            reused.setLength(0);
                            return reused.append(value);
                        })
                .groupBy((key, value) -> "all", Grouped.with("g", STRINGS, texts))
                .reduce((before, value) -> before.append(value), Materialized.with(STRINGS, texts))
                .toStream()
                .to("out", Produced.with(STRINGS, texts));
        open(builder.build(), new CacheBudget(1 << 20));

        pipe("k", "a", 1);
        pipe("k", "b", 2);
        pipe("k", "c", 3);
        tasks.values().forEach(Task::flushCaches);

        assertThat(sent).containsExactly("out all=abc@3");
        assertThat(readings).hasValueGreaterThanOrEqualTo(3);
    }

    @Test
    void a_record_that_cannot_be_read_goes_through_the_topic_to_the_handlers_there() {
        Serde<String> broken =
                Serdes.serdeFrom(
                        (topic, text) -> text.getBytes(StandardCharsets.UTF_8),
                        (topic, bytes) -> {
                            throw new IllegalArgumentException("unreadable");
                        });
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(STRINGS, STRINGS))
                .groupBy((key, value) -> value, Grouped.with("g", STRINGS, broken))
                .count()
                .toStream()
                .to("out", Produced.with(STRINGS, Serdes.Long()));
        open(builder.build(), null);

        pipe("k", "a", 1);

        assertThat(sent).containsExactly("app-g-repartition a=a@1");
    }

    @Test
    void a_task_with_a_processor_of_the_program_reads_the_topic() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(STRINGS, STRINGS))
                .groupBy((key, value) -> value, Grouped.with("g", STRINGS, STRINGS))
                .reduce((before, value) -> before + value)
                .toStream()
                .process(
                        () ->
                                new ContextualProcessor<String, String, String, String>() {
                                    @Override
                                    public void process(Record<String, String> record) {
                                        context().forward(record);
                                    }
                                })
                .to("out", Produced.with(STRINGS, STRINGS));
        open(builder.build(), null);

        pipe("k", "a", 1);

        assertThat(sent).containsExactly("app-g-repartition a=a@1");
    }

    @Test
    void a_task_with_another_source_reads_the_topic_in_the_order_of_timestamps() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(STRINGS, STRINGS))
                .selectKey((key, value) -> value)
                .join(
                        builder.table("other", Consumed.with(STRINGS, STRINGS)),
                        (value, other) -> value + other)
                .to("out", Produced.with(STRINGS, STRINGS));
        open(builder.build(), null);

        pipe("k", "a", 1);

        assertThat(sent)
                .singleElement()
                .asString()
                .startsWith("app-")
                .contains("-repartition a=a@1");
    }

    @Test
    void a_full_cache_that_leads_back_to_a_busy_task_finds_it_when_it_is_done() {
        // Stage one keeps rows in a cache; sessions of stage two take several steps each.
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(STRINGS, STRINGS))
                .groupByKey(Grouped.with(STRINGS, STRINGS))
                .reduce(
                        (before, value) -> value,
                        Materialized.<String, String>as(Stores.inMemoryKeyValueStore("first"))
                                .withKeySerde(STRINGS)
                                .withValueSerde(STRINGS))
                .toStream()
                .groupBy((key, value) -> "all", Grouped.with("g", STRINGS, STRINGS))
                .windowedBy(
                        SessionWindows.ofInactivityGapAndGrace(
                                Duration.ofMillis(10), Duration.ofDays(1)))
                .count()
                .toStream((window, count) -> window.key() + window.window().start())
                .mapValues(String::valueOf)
                .to("out", Produced.with(STRINGS, STRINGS));
        open(builder.build(), new CacheBudget(600));

        for (int i = 0; i < 200; i++) {
            pipe("k" + i, "v", i);
        }
        tasks.values().forEach(Task::flushCaches);
        tasks.values().forEach(Task::flushCaches);

        // One session of all, whatever was written out when.
        Map<String, String> last = new LinkedHashMap<>();
        for (String each : sent) {
            String[] pair = each.substring("out ".length(), each.indexOf('@')).split("=", 2);
            last.put(pair[0], pair[1]);
        }
        last.values().removeIf("null"::equals);
        assertThat(last).isEqualTo(Map.of("all0", "200"));
    }
}
