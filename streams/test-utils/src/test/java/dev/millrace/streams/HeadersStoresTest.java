package dev.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.TimeWindows;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.state.AggregationWithHeaders;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.SessionStoreWithHeaders;
import dev.millrace.streams.state.Stores;
import dev.millrace.streams.state.ValueAndTimestamp;
import dev.millrace.streams.state.ValueTimestampHeaders;
import dev.millrace.streams.state.WindowStore;
import dev.millrace.streams.test.TestRecord;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stores that keep the headers of the last update (KIP-1271). */
class HeadersStoresTest {
    private static Headers trace(String id) {
        return new RecordHeaders()
                .add("trace", id.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static TestRecord<String, String> record(String key, String id, long timestamp) {
        return new TestRecord<>(key, "x", trace(id), timestamp);
    }

    private static Properties withHeaders(String cacheBytes) {
        Properties properties = new Properties();
        properties.setProperty(StreamsConfig.DSL_STORE_FORMAT_CONFIG, "headers");
        properties.setProperty(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, cacheBytes);
        return properties;
    }

    private static StreamsBuilder counting(
            Materialized<String, Long, KeyValueStore<org.apache.kafka.common.utils.Bytes, byte[]>>
                    counts) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
                .count(counts)
                .toStream()
                .to("out");
        return builder;
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1000000"})
    void a_counted_table_keeps_the_headers_of_the_last_record(String cacheBytes) {
        StreamsBuilder builder = counting(Materialized.as("counts"));
        try (TopologyTestDriver driver =
                new TopologyTestDriver(builder.build(), withHeaders(cacheBytes))) {
            TestInputTopic<String, String> in =
                    driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
            in.pipeInput(record("a", "first", 10));
            in.pipeInput(record("a", "second", 20));

            KeyValueStore<String, ValueTimestampHeaders<Long>> counts =
                    Objects.requireNonNull(driver.getTimestampedKeyValueStoreWithHeaders("counts"));
            assertThat(counts.get("a"))
                    .isEqualTo(ValueTimestampHeaders.make(2L, 20, trace("second")));
            KeyValueStore<String, Long> plain =
                    Objects.requireNonNull(driver.getKeyValueStore("counts"));
            assertThat(plain.get("a")).isEqualTo(2L);
            KeyValueStore<String, ValueAndTimestamp<Long>> timestamped =
                    Objects.requireNonNull(driver.getTimestampedKeyValueStore("counts"));
            assertThat(timestamped.get("a")).isEqualTo(ValueAndTimestamp.make(2L, 20));
        }
    }

    @Test
    void without_the_setting_there_is_no_such_store() {
        StreamsBuilder builder = counting(Materialized.as("counts"));
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            assertThat(driver.getTimestampedKeyValueStoreWithHeaders("counts")).isNull();
        }
    }

    @Test
    void a_supplier_with_headers_is_enough_for_one_table() {
        StreamsBuilder builder =
                counting(
                        Materialized.as(
                                Stores.persistentTimestampedKeyValueStoreWithHeaders("counts")));
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            driver.createInputTopic("in", new StringSerializer(), new StringSerializer())
                    .pipeInput(record("a", "only", 5));

            KeyValueStore<String, ValueTimestampHeaders<Long>> counts =
                    Objects.requireNonNull(driver.getTimestampedKeyValueStoreWithHeaders("counts"));
            assertThat(Objects.requireNonNull(counts.get("a")).headers()).isEqualTo(trace("only"));
        }
    }

    @Test
    void windows_and_sessions_keep_them_too() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("windows", Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey()
                .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(100)))
                .count(Materialized.as("perWindow"));
        builder.stream("sessions", Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey()
                .windowedBy(SessionWindows.ofInactivityGapWithNoGrace(Duration.ofMillis(100)))
                .count(Materialized.as("perSession"));
        try (TopologyTestDriver driver =
                new TopologyTestDriver(builder.build(), withHeaders("0"))) {
            TestInputTopic<String, String> windows =
                    driver.createInputTopic(
                            "windows", new StringSerializer(), new StringSerializer());
            windows.pipeInput(record("a", "w1", 10));
            windows.pipeInput(record("a", "w2", 20));
            TestInputTopic<String, String> sessions =
                    driver.createInputTopic(
                            "sessions", new StringSerializer(), new StringSerializer());
            sessions.pipeInput(record("a", "s1", 10));
            sessions.pipeInput(record("a", "s2", 60));

            WindowStore<String, ValueTimestampHeaders<Long>> perWindow =
                    Objects.requireNonNull(
                            driver.getTimestampedWindowStoreWithHeaders("perWindow"));
            assertThat(perWindow.fetch("a", 0))
                    .isEqualTo(ValueTimestampHeaders.make(2L, 20, trace("w2")));
            SessionStoreWithHeaders<String, Long> perSession =
                    Objects.requireNonNull(driver.getSessionStoreWithHeaders("perSession"));
            assertThat(perSession.fetchSession("a", 10, 60))
                    .isEqualTo(AggregationWithHeaders.make(2L, trace("s2")));
            SessionStore<String, Long> plain =
                    Objects.requireNonNull(driver.getSessionStore("perSession"));
            assertThat(plain.fetchSession("a", 10, 60)).isEqualTo(2L);
        }
    }

    @Test
    void what_a_program_puts_itself_keeps_the_headers_that_it_gives() {
        StreamsBuilder builder = counting(Materialized.as("counts"));
        builder.addStateStore(
                Stores.timestampedKeyValueStoreWithHeadersBuilder(
                        Stores.inMemoryKeyValueStore("own"), Serdes.String(), Serdes.String()));
        builder.stream("own-in", Consumed.with(Serdes.String(), Serdes.String()))
                .process(Ignoring::new, "own");
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            KeyValueStore<String, ValueTimestampHeaders<String>> own =
                    Objects.requireNonNull(driver.getTimestampedKeyValueStoreWithHeaders("own"));

            own.put("k", ValueTimestampHeaders.make("v", 7, trace("given")));

            assertThat(own.get("k")).isEqualTo(ValueTimestampHeaders.make("v", 7, trace("given")));
            assertThat(own.delete("k")).isNotNull();
            assertThat(own.get("k")).isNull();
        }
    }

    private static final class Ignoring implements Processor<String, String, Void, Void> {
        @Override
        public void process(Record<String, String> record) {}
    }

    @Test
    void results_are_those_of_tables_without_headers() {
        StreamsBuilder builder = counting(Materialized.as("counts"));
        try (TopologyTestDriver driver =
                new TopologyTestDriver(builder.build(), withHeaders("0"))) {
            TestInputTopic<String, String> in =
                    driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
            in.pipeInput(record("a", "first", 10));
            in.pipeInput(record("a", "second", 20));

            assertThat(
                            driver.createOutputTopic(
                                            "out", new StringDeserializer(), new LongDeserializer())
                                    .readValuesToList())
                    .containsExactly(1L, 2L);
        }
    }
}
