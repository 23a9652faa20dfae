package dev.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.streams.errors.LogAndContinueExceptionHandler;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.processor.WallclockTimestampExtractor;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.ValueAndTimestamp;
import dev.millrace.streams.test.TestRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** What the oracle comparison does not show: stores, time, headers, errors. */
class TopologyTestDriverTest {
    private static final Consumed<String, String> STRINGS =
            Consumed.with(Serdes.String(), Serdes.String());

    private static TestInputTopic<String, String> input(TopologyTestDriver driver) {
        return driver.createInputTopic(
                "in",
                new StringSerializer(),
                new StringSerializer(),
                Instant.ofEpochMilli(100),
                Duration.ofMillis(10));
    }

    private static TestOutputTopic<String, String> output(TopologyTestDriver driver) {
        return driver.createOutputTopic("out", new StringDeserializer(), new StringDeserializer());
    }

    @Test
    void stores_are_read_by_name_with_and_without_timestamps() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", STRINGS).groupByKey().count(Materialized.as("counts"));

        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            input(driver)
                    .pipeKeyValueList(
                            List.of(
                                    KeyValue.pair("a", "x"),
                                    KeyValue.pair("b", "x"),
                                    KeyValue.pair("a", "x")));

            KeyValueStore<String, Long> counts =
                    Objects.requireNonNull(driver.getKeyValueStore("counts"));
            KeyValueStore<String, ValueAndTimestamp<Long>> timestamped =
                    Objects.requireNonNull(driver.getTimestampedKeyValueStore("counts"));
            assertThat(counts.get("a")).isEqualTo(2);
            assertThat(counts.get("c")).isNull();
            assertThat(timestamped.get("a")).isEqualTo(new ValueAndTimestamp<>(2L, 120));
            List<KeyValue<String, Long>> all = new ArrayList<>();
            try (KeyValueIterator<String, Long> rows = counts.all()) {
                rows.forEachRemaining(all::add);
            }
            assertThat(all).containsExactly(KeyValue.pair("a", 2L), KeyValue.pair("b", 1L));
            assertThat(driver.getAllStateStores()).containsOnlyKeys("counts");
            assertThat(driver.getKeyValueStore("absent")).isNull();
        }
    }

    @Test
    void headers_and_timestamps_go_with_a_record_and_advance_by_themselves() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", STRINGS).mapValues(value -> value + "!").to("out");
        Properties config = new Properties();
        config.setProperty("default.key.serde", Serdes.StringSerde.class.getName());
        config.setProperty("default.value.serde", Serdes.StringSerde.class.getName());

        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), config)) {
            TestInputTopic<String, String> in = input(driver);
            RecordHeaders headers = new RecordHeaders();
            headers.add(new RecordHeader("trace", "7".getBytes(StandardCharsets.UTF_8)));
            in.pipeInput(new TestRecord<>("k", "v", headers, 5L));
            in.pipeInput("k", "w");
            in.pipeInput("k", "x");

            assertThat(output(driver).readRecordsToList())
                    .containsExactly(
                            new TestRecord<>("k", "v!", headers, 5L),
                            new TestRecord<>("k", "w!", null, 100L),
                            new TestRecord<>("k", "x!", null, 110L));
        }
    }

    @Test
    void a_timestamp_extractor_decides_and_a_negative_time_drops() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(
                        "in",
                        STRINGS.withTimestampExtractor(
                                (record, partitionTime) ->
                                        Long.parseLong(String.valueOf(record.value()))))
                .to("out", Produced.with(Serdes.String(), Serdes.String()));

        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            input(driver).pipeValueList(List.of("7", "-1", "9"));

            assertThat(output(driver).readRecordsToList())
                    .extracting(TestRecord::timestamp)
                    .containsExactly(7L, 9L);
        }
    }

    @Test
    void wall_clock_time_is_that_of_the_driver_only_for_punctuations() {
        assertThat(
                        new WallclockTimestampExtractor()
                                .extract(
                                        new org.apache.kafka.clients.consumer.ConsumerRecord<>(
                                                "t", 0, 0, "k", "v"),
                                        -1))
                .isPositive();
    }

    @Test
    void a_record_that_cannot_be_deserialised_stops_or_is_dropped_as_configured() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(Serdes.String(), Serdes.Long()))
                .to("out", Produced.with(Serdes.String(), Serdes.Long()));
        Topology topology = builder.build();

        try (TopologyTestDriver driver = new TopologyTestDriver(topology)) {
            TestInputTopic<String, byte[]> in =
                    driver.createInputTopic(
                            "in", new StringSerializer(), new ByteArraySerializer());
            assertThatThrownBy(() -> in.pipeInput("k", new byte[] {1}))
                    .isInstanceOf(StreamsException.class)
                    .hasMessageContaining("in-0 at offset 0")
                    .hasMessageContaining("LogAndContinueExceptionHandler");
        }
        Properties lenient = new Properties();
        lenient.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                LogAndContinueExceptionHandler.class);
        try (TopologyTestDriver driver = new TopologyTestDriver(topology, lenient)) {
            TestInputTopic<String, byte[]> in =
                    driver.createInputTopic(
                            "in", new StringSerializer(), new ByteArraySerializer());
            in.pipeInput("k", new byte[] {1});
            in.pipeInput("k", new byte[8]);

            assertThat(
                            driver.createOutputTopic(
                                            "out", new StringDeserializer(), new LongDeserializer())
                                    .readValuesToList())
                    .containsExactly(0L);
        }
    }

    @Test
    void a_sink_without_fitting_serde_says_which_one_it_has() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", STRINGS)
                .groupByKey()
                .count()
                .toStream()
                .to("out", Produced.valueSerde(Erase.longAsString()));

        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            assertThatThrownBy(() -> input(driver).pipeInput("k", "v"))
                    .isInstanceOf(StreamsException.class)
                    .hasMessageContaining("java.lang.Long")
                    .hasMessageContaining("StringSerializer");
        }
    }

    /** A serde with a lie in its type. */
    private static final class Erase {
        @SuppressWarnings("unchecked")
        static org.apache.kafka.common.serialization.Serde<Long> longAsString() {
            return (org.apache.kafka.common.serialization.Serde<Long>) (Object) Serdes.String();
        }
    }

    @Test
    void a_source_without_any_serde_asks_for_one() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in").to("out");
        Topology topology = builder.build();

        assertThatThrownBy(() -> new TopologyTestDriver(topology))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("default.key.serde");
    }

    @Test
    void a_sink_may_choose_topic_and_partitions() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", STRINGS)
                .to(
                        (key, value, context) -> context.topic() + "-" + value,
                        Produced.with(
                                Serdes.String(),
                                Serdes.String(),
                                (topic, key, value, partitions) ->
                                        "none".equals(value)
                                                ? Optional.of(Set.of())
                                                : Optional.empty()));

        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            input(driver).pipeValueList(List.of("x", "none", "y"));

            assertThat(driver.producedTopicNames()).containsExactlyInAnyOrder("in-x", "in-y");
        }
    }

    @Test
    void names_must_be_legal_topic_names_and_unique() {
        assertThatThrownBy(() -> Named.as("a b"))
                .isInstanceOf(TopologyException.class)
                .hasMessageContaining("a b");
        assertThatThrownBy(() -> Grouped.as("")).isInstanceOf(TopologyException.class);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", STRINGS)
                .peek((key, value) -> {}, Named.as("twice"))
                .peek((key, value) -> {}, Named.as("twice"));

        assertThatThrownBy(builder::build)
                .isInstanceOf(TopologyException.class)
                .hasMessageContaining("twice");
    }
}
