package dev.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.streams.errors.LogAndContinueExceptionHandler;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.processor.api.FixedKeyProcessorSupplier;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.ProcessorWrapper;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.processor.api.WrappedFixedKeyProcessorSupplier;
import dev.millrace.streams.processor.api.WrappedProcessorSupplier;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopologyConfigTest {
    private static final Map<String, Integer> RECORDS = new HashMap<>();

    private static StreamsConfig application(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "app");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:1");
        return new StreamsConfig(settings);
    }

    @BeforeEach
    void forget() {
        RECORDS.clear();
    }

    /** Counts the records of each processor. */
    public static final class Counting implements ProcessorWrapper {
        @Override
        public <KIn, VIn, KOut, VOut>
                WrappedProcessorSupplier<KIn, VIn, KOut, VOut> wrapProcessorSupplier(
                        String processorName,
                        ProcessorSupplier<KIn, VIn, KOut, VOut> processorSupplier) {
            return ProcessorWrapper.asWrapped(
                    () -> new Counted<>(processorName, processorSupplier.get()));
        }

        @Override
        public <KIn, VIn, VOut>
                WrappedFixedKeyProcessorSupplier<KIn, VIn, VOut> wrapFixedKeyProcessorSupplier(
                        String processorName,
                        FixedKeyProcessorSupplier<KIn, VIn, VOut> processorSupplier) {
            return ProcessorWrapper.asWrappedFixedKey(processorSupplier);
        }
    }

    private record Counted<KIn, VIn, KOut, VOut>(
            String name, Processor<KIn, VIn, KOut, VOut> processor)
            implements Processor<KIn, VIn, KOut, VOut> {
        @Override
        public void init(ProcessorContext<KOut, VOut> context) {
            processor.init(context);
        }

        @Override
        public void process(Record<KIn, VIn> record) {
            RECORDS.merge(name, 1, Integer::sum);
            processor.process(record);
        }

        @Override
        public void close() {
            processor.close();
        }
    }

    private static void sums(StreamsBuilder builder) {
        builder.stream("in", Consumed.with(Serdes.String(), Serdes.Long()))
                .filter((key, value) -> value > 0)
                .split()
                .defaultBranch()
                .values()
                .forEach(
                        branch ->
                                branch.groupByKey(Grouped.with(Serdes.String(), Serdes.Long()))
                                        .reduce(Long::sum, Materialized.as("sums"))
                                        .groupBy(
                                                (key, value) ->
                                                        new KeyValue<>(key.substring(0, 1), value),
                                                Grouped.with(
                                                        "letters", Serdes.String(), Serdes.Long()))
                                        .reduce(
                                                Long::sum,
                                                (sum, old) -> sum - old,
                                                Materialized.as("byLetter"))
                                        .toStream()
                                        .to("out", Produced.with(Serdes.String(), Serdes.Long())));
    }

    private static Map<String, Long> run(StreamsBuilder builder) {
        sums(builder);
        Properties uncached = new Properties();
        uncached.setProperty(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), uncached)) {
            TestInputTopic<String, Long> in =
                    driver.createInputTopic("in", new StringSerializer(), new LongSerializer());
            in.pipeInput("ab", 1L);
            in.pipeInput("ac", 2L);
            in.pipeInput("ab", 3L);
            in.pipeInput("bb", -1L);
            in.pipeInput("bb", 7L);
            return driver.createOutputTopic("out", new StringDeserializer(), new LongDeserializer())
                    .readKeyValuesToMap();
        }
    }

    @Test
    void a_wrapper_sees_the_records_of_operators_and_changes_nothing() {
        Map<String, Long> plain = run(new StreamsBuilder());
        Map<String, Long> wrapped =
                run(
                        new StreamsBuilder(
                                new TopologyConfig(
                                        application(
                                                Map.of(
                                                        StreamsConfig
                                                                .PROCESSOR_WRAPPER_CLASS_CONFIG,
                                                        Counting.class)))));

        assertThat(plain).isEqualTo(Map.of("a", 6L, "b", 7L));
        assertThat(wrapped).isEqualTo(plain);
        assertThat(RECORDS)
                .containsEntry("KSTREAM-FILTER-0000000001", 5)
                .containsEntry("KSTREAM-BRANCH-0000000002", 4)
                .hasSizeGreaterThan(5);
    }

    @Test
    void generated_names_are_refused_where_all_must_be_given() {
        StreamsBuilder builder =
                new StreamsBuilder(
                        new TopologyConfig(
                                application(
                                        Map.of(
                                                StreamsConfig
                                                        .ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG,
                                                true))));
        builder.stream("in").groupByKey().count();

        assertThatThrownBy(builder::build)
                .isInstanceOf(TopologyException.class)
                .hasMessageContaining(
                        "Following state store(s) has not been named:"
                                + " KSTREAM-AGGREGATE-STATE-STORE-0000000001");
    }

    private static StreamsBuilder copying(TopologyConfig config) {
        StreamsBuilder builder = new StreamsBuilder(config);
        builder.stream("in", Consumed.with(Serdes.String(), Serdes.Long()))
                .to("out", Produced.with(Serdes.String(), Serdes.Long()));
        return builder;
    }

    private static void pipeWhatIsNoNumber(StreamsBuilder builder) {
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build())) {
            driver.createInputTopic("in", new StringSerializer(), new StringSerializer())
                    .pipeInput("a", "no number");
        }
    }

    @Test
    void a_named_topology_has_settings_of_its_own() {
        Properties overrides = new Properties();
        overrides.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                LogAndContinueExceptionHandler.class);
        overrides.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, 7L);
        TopologyConfig named = new TopologyConfig("mine", application(Map.of()), overrides);

        assertThat(named.getTaskConfig().maxTaskIdleMs).isEqualTo(7);
        assertThat(named.getTaskConfig().deserializationExceptionHandler)
                .isInstanceOf(LogAndContinueExceptionHandler.class);
        pipeWhatIsNoNumber(copying(named));
    }

    @Test
    void without_a_name_the_application_decides() {
        Properties overrides = new Properties();
        overrides.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                LogAndContinueExceptionHandler.class);
        TopologyConfig unnamed = new TopologyConfig(null, application(Map.of()), overrides);

        assertThatThrownBy(() -> pipeWhatIsNoNumber(copying(unnamed)))
                .isInstanceOf(StreamsException.class);
    }
}
