package dev.millrace.streams.oracle;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.TestInputTopic;
import dev.millrace.streams.TestOutputTopic;
import dev.millrace.streams.Topology;
import dev.millrace.streams.TopologyTestDriver;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.Repartitioned;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.Stores;
import dev.millrace.streams.test.TestRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;

/**
 * Programs against the Streams DSL, and a driver for them. This very file is also compiled with
 * {@code org.apache.kafka.streams} in place of our package: whatever it uses is source compatible.
 * Topics {@code a} and {@code b} have string keys and values.
 */
public final class Programs implements BiFunction<String, List<String[]>, String> {
    private final Map<String, Consumer<StreamsBuilder>> programs = new TreeMap<>();

    public Programs() {
        programs.put("word count", Programs::wordCount);
        programs.put("stateless operators", Programs::stateless);
        programs.put("stateless operators with names", Programs::statelessNamed);
        programs.put(
                "count by key",
                b -> lines(b, "a").groupByKey().count().toStream().to("out", longs()));
        programs.put("count with an unnamed store", Programs::countUnnamedStore);
        programs.put("reduce", Programs::reduce);
        programs.put("aggregate that deletes", Programs::aggregate);
        programs.put("two aggregations of a named grouping", Programs::namedGrouping);
        programs.put("two aggregations of a grouping", Programs::unnamedGrouping);
        programs.put("table", b -> table(b, "a").toStream().to("out", strings()));
        programs.put("table with a store", Programs::tableWithStore);
        programs.put("table filter", Programs::tableFilter);
        programs.put("table filter with stores", Programs::tableFilterWithStores);
        programs.put("filter of a count", Programs::filterOfCount);
        programs.put("table map values", Programs::tableMapValues);
        programs.put("stream to table", Programs::toTable);
        programs.put("changed key to table", Programs::changedKeyToTable);
        programs.put("table group count", Programs::tableGroupCount);
        programs.put("table group reduce", Programs::tableGroupReduce);
        programs.put("table group aggregate", Programs::tableGroupAggregate);
        programs.put("table group of a derived table", Programs::tableGroupOfDerived);
        programs.put("group of a count", Programs::groupOfCount);
        programs.put("repartition", Programs::repartition);
        programs.put("one topic read twice", Programs::oneTopicTwice);
        programs.put("several topics", Programs::severalTopics);
        programs.put("merge", Programs::merge);
        programs.put("processor with a store", Programs::processor);
        programs.put("named aggregation operators", Programs::namedAggregations);
        // Null keys are not dropped from the side of a join that needs no partner (KIP-962).
        programs.put("left join with a table", Programs::leftJoinWithTable);
        programs.put("left join with a global table", Programs::leftJoinWithGlobalTable);
    }

    /** Names of the programs, one per line; or what the description or the output is. */
    @Override
    public String apply(String request, List<String[]> input) {
        if (request.isEmpty()) {
            return String.join("\n", programs.keySet());
        }
        if (request.startsWith("describe ")) {
            return build(request.substring("describe ".length())).describe().toString();
        }
        return run(build(request), input);
    }

    private Topology build(String name) {
        StreamsBuilder builder = new StreamsBuilder();
        programs.getOrDefault(name, b -> {}).accept(builder);
        return builder.build();
    }

    /** Everything written to any topic, internal ones with them, byte by byte. */
    private static String run(Topology topology, List<String[]> input) {
        Properties config = new Properties();
        config.setProperty("application.id", "oracle");
        config.setProperty("bootstrap.servers", "localhost:1");
        config.setProperty("default.key.serde", Serdes.StringSerde.class.getName());
        config.setProperty("default.value.serde", Serdes.StringSerde.class.getName());
        config.setProperty("statestore.cache.max.bytes", "0");
        config.setProperty("default.dsl.store", "in_memory");
        StringBuilder text = new StringBuilder();
        try (TopologyTestDriver driver = new TopologyTestDriver(topology, config, Instant.EPOCH)) {
            Map<String, TestInputTopic<String, String>> topics = new TreeMap<>();
            for (String[] record : input) {
                topics.computeIfAbsent(
                                record[0],
                                topic ->
                                        driver.createInputTopic(
                                                topic,
                                                new StringSerializer(),
                                                new StringSerializer()))
                        .pipeInput(
                                new TestRecord<>(
                                        record[1],
                                        record[2],
                                        Instant.ofEpochMilli(Long.parseLong(record[3]))));
            }
            driver.advanceWallClockTime(Duration.ofSeconds(10));
            for (String topic : new TreeSet<>(driver.producedTopicNames())) {
                TestOutputTopic<byte[], byte[]> output =
                        driver.createOutputTopic(
                                topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                while (!output.isEmpty()) {
                    TestRecord<byte[], byte[]> record = output.readRecord();
                    text.append(topic).append(' ').append(hex(record.key())).append(" -> ");
                    text.append(hex(record.value()))
                            .append(" @ ")
                            .append(record.timestamp())
                            .append('\n');
                }
            }
        }
        return text.toString();
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : HexFormat.of().formatHex(bytes);
    }

    private static KStream<String, String> lines(StreamsBuilder builder, String topic) {
        return builder.stream(topic, Consumed.with(Serdes.String(), Serdes.String()));
    }

    private static KTable<String, String> table(StreamsBuilder builder, String topic) {
        return builder.table(topic, Consumed.with(Serdes.String(), Serdes.String()));
    }

    private static void leftJoinWithTable(StreamsBuilder b) {
        lines(b, "a").leftJoin(table(b, "b"), (left, right) -> left + right).to("out", strings());
    }

    private static void leftJoinWithGlobalTable(StreamsBuilder b) {
        lines(b, "a")
                .leftJoin(
                        b.globalTable("b", Consumed.with(Serdes.String(), Serdes.String())),
                        (key, value) -> value,
                        (left, right) -> left + right)
                .to("out", strings());
    }

    private static Produced<String, String> strings() {
        return Produced.with(Serdes.String(), Serdes.String());
    }

    private static Produced<String, Long> longs() {
        return Produced.with(Serdes.String(), Serdes.Long());
    }

    private static Materialized<String, Long, KeyValueStore<Bytes, byte[]>> countStore(
            String name) {
        return Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as(name)
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.Long());
    }

    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> stringStore(
            String name) {
        return Materialized.<String, String>as(Stores.inMemoryKeyValueStore(name))
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.String());
    }

    private static void wordCount(StreamsBuilder builder) {
        lines(builder, "a")
                .filter((key, line) -> line != null)
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word)
                .count()
                .toStream()
                .to("out", longs());
    }

    private static void stateless(StreamsBuilder builder) {
        KStream<String, String> lines = lines(builder, "a");
        lines.filter((key, value) -> value != null && value.length() > 1)
                .mapValues(value -> value + "!")
                .mapValues((key, value) -> key + value)
                .peek((key, value) -> {})
                .to("long", strings());
        lines.filterNot((key, value) -> key == null || value == null)
                .map((key, value) -> KeyValue.pair(value, key))
                .flatMap(
                        (key, value) ->
                                List.of(KeyValue.pair(key, value), KeyValue.pair(value, key)))
                .selectKey((key, value) -> value + key)
                .flatMapValues((key, value) -> List.of(key, value))
                .to("swapped", strings());
        lines.foreach((key, value) -> {});
    }

    private static void statelessNamed(StreamsBuilder builder) {
        builder.stream("a", Consumed.with(Serdes.String(), Serdes.String()).withName("source"))
                .filter((key, value) -> value != null, Named.as("present"))
                .selectKey((key, value) -> value, Named.as("by-value"))
                .mapValues(value -> value + value, Named.as("twice"))
                .peek((key, value) -> {})
                .to("out", Produced.<String, String>as("sink").withKeySerde(Serdes.String()));
    }

    private static void countUnnamedStore(StreamsBuilder builder) {
        lines(builder, "a")
                .groupByKey()
                .count(Materialized.with(Serdes.String(), Serdes.Long()))
                .filter((key, count) -> count > 1)
                .toStream()
                .to("out", longs());
    }

    private static void reduce(StreamsBuilder builder) {
        lines(builder, "a")
                .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
                .reduce((left, right) -> right.equals("x") ? null : left + right)
                .toStream()
                .to("out", strings());
    }

    private static void aggregate(StreamsBuilder builder) {
        lines(builder, "a")
                .groupByKey()
                .aggregate(
                        () -> 10L,
                        (key, value, sum) -> value.equals("x") ? null : sum + value.length(),
                        countStore("sums"))
                .toStream()
                .to("out", longs());
    }

    private static void namedGrouping(StreamsBuilder builder) {
        KGroupedStream<String, String> grouped =
                lines(builder, "a").groupBy((key, value) -> value, Grouped.as("by-value"));
        grouped.count().toStream().to("counts", longs());
        grouped.reduce((left, right) -> left + right).toStream().to("concatenated", strings());
    }

    private static void unnamedGrouping(StreamsBuilder builder) {
        KGroupedStream<String, String> grouped = lines(builder, "a").groupBy((key, value) -> value);
        grouped.count().toStream().to("counts", longs());
        grouped.reduce((left, right) -> left + right, stringStore("concatenations"))
                .toStream()
                .to("concatenated", strings());
    }

    private static void tableWithStore(StreamsBuilder builder) {
        builder.table("a", stringStore("rows")).toStream().to("out", strings());
        builder.table("b", Consumed.with(Serdes.String(), Serdes.String()), stringStore("others"))
                .toStream()
                .to("out2", strings());
    }

    private static void tableFilter(StreamsBuilder builder) {
        KTable<String, String> rows = table(builder, "a");
        rows.filter((key, value) -> value.length() > 1).toStream().to("out", strings());
        rows.filterNot((key, value) -> value.length() > 1, Named.as("short"))
                .toStream()
                .to("out2", strings());
    }

    private static void tableFilterWithStores(StreamsBuilder builder) {
        KTable<String, String> rows = builder.table("a", stringStore("rows"));
        rows.filter((key, value) -> value.length() > 1, stringStore("long"))
                .filter((key, value) -> value.startsWith("a"))
                .toStream()
                .to("out", strings());
        rows.filter(
                        (key, value) -> value.length() > 1,
                        Materialized.with(Serdes.String(), Serdes.String()))
                .toStream()
                .to("out2", strings());
    }

    private static void filterOfCount(StreamsBuilder builder) {
        lines(builder, "a")
                .groupByKey()
                .count(countStore("counts"))
                .filter((key, count) -> count % 2 == 0)
                .mapValues(count -> count * 100)
                .toStream()
                .to("out", longs());
    }

    private static void tableMapValues(StreamsBuilder builder) {
        table(builder, "a")
                .mapValues(value -> value.equals("x") ? null : value + "1")
                .mapValues((key, value) -> key + value, stringStore("mapped"))
                .filter((key, value) -> value.length() > 3)
                .toStream()
                .to("out", strings());
    }

    private static void toTable(StreamsBuilder builder) {
        KStream<String, String> lines = lines(builder, "a");
        lines.toTable().toStream().to("out", strings());
        lines.toTable(stringStore("rows"))
                .toStream((key, value) -> key + value)
                .to("out2", strings());
    }

    private static void changedKeyToTable(StreamsBuilder builder) {
        lines(builder, "a")
                .selectKey((key, value) -> value)
                .toTable(Named.as("tabled"), stringStore("rows"))
                .toStream()
                .to("out", strings());
        lines(builder, "b").selectKey((key, value) -> value).toTable().toStream().to("out2");
    }

    private static void tableGroupCount(StreamsBuilder builder) {
        table(builder, "a")
                .groupBy(
                        (key, value) -> KeyValue.pair(value, key),
                        Grouped.with(Serdes.String(), Serdes.String()))
                .count()
                .toStream()
                .to("out", longs());
    }

    private static void tableGroupReduce(StreamsBuilder builder) {
        table(builder, "a")
                .groupBy(
                        (key, value) -> KeyValue.pair(value.substring(0, 1), value),
                        Grouped.with("first", Serdes.String(), Serdes.String()))
                .reduce(
                        (left, right) -> left + right,
                        (left, right) -> left.replaceFirst(right, ""))
                .toStream()
                .to("out", strings());
    }

    private static void tableGroupAggregate(StreamsBuilder builder) {
        table(builder, "a")
                .groupBy(
                        (key, value) ->
                                KeyValue.pair(
                                        value.equals("x") ? null : value.substring(0, 1), value),
                        Grouped.with(Serdes.String(), Serdes.String()))
                .aggregate(
                        () -> 0L,
                        (key, value, sum) -> sum + value.length(),
                        (key, value, sum) -> sum == value.length() ? null : sum - value.length(),
                        countStore("lengths"))
                .toStream()
                .to("out", longs());
    }

    private static void tableGroupOfDerived(StreamsBuilder builder) {
        table(builder, "a")
                .filter((key, value) -> value.length() > 1)
                .mapValues(value -> value.substring(0, 1))
                .groupBy(
                        (key, value) -> KeyValue.pair(value, value),
                        Grouped.with(Serdes.String(), Serdes.String()))
                .count(Named.as("per-letter"))
                .toStream()
                .to("out", longs());
    }

    /** How many keys have each count: a group of an aggregate. */
    private static void groupOfCount(StreamsBuilder builder) {
        lines(builder, "a")
                .groupByKey()
                .count()
                .groupBy(
                        (key, count) -> KeyValue.pair(count, key),
                        Grouped.with(Serdes.Long(), Serdes.String()))
                .count(Materialized.with(Serdes.Long(), Serdes.Long()))
                .toStream()
                .to("out", Produced.with(Serdes.Long(), Serdes.Long()));
    }

    private static void repartition(StreamsBuilder builder) {
        lines(builder, "a").repartition().to("out", strings());
        lines(builder, "b")
                .selectKey((key, value) -> value)
                .repartition(Repartitioned.<String, String>as("hop").withNumberOfPartitions(3))
                .groupByKey()
                .count()
                .toStream()
                .to("out2", longs());
    }

    private static void oneTopicTwice(StreamsBuilder builder) {
        lines(builder, "a").mapValues(value -> "first " + value).to("out", strings());
        lines(builder, "a").mapValues(value -> "second " + value).to("out", strings());
    }

    private static void severalTopics(StreamsBuilder builder) {
        builder.stream(List.of("a", "b"), Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey()
                .count()
                .toStream()
                .to("out", longs());
    }

    private static void merge(StreamsBuilder builder) {
        KStream<String, String> left = lines(builder, "a");
        KStream<String, String> right = lines(builder, "b").selectKey((key, value) -> key);
        left.merge(right)
                .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
                .reduce((one, other) -> one + "," + other)
                .toStream()
                .to("out", strings());
    }

    private static void processor(StreamsBuilder builder) {
        builder.addStateStore(
                Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore("seen"), Serdes.String(), Serdes.Long()));
        lines(builder, "a")
                .process(Numbering::new, Named.as("numbering"), "seen")
                .to("out", strings());
        lines(builder, "b").process(Numbering::new, "seen").to("out2", strings());
    }

    /** Appends to a value how often its key was seen, and tells the total when time goes on. */
    private static final class Numbering implements Processor<String, String, String, String> {
        private final List<KeyValueStore<String, Long>> stores = new ArrayList<>();
        private final List<ProcessorContext<String, String>> contexts = new ArrayList<>();

        @Override
        public void init(ProcessorContext<String, String> context) {
            stores.add(context.getStateStore("seen"));
            contexts.add(context);
            context.schedule(Duration.ofMillis(50), PunctuationType.STREAM_TIME, this::tell);
            context.schedule(Duration.ofSeconds(3), PunctuationType.WALL_CLOCK_TIME, this::tell);
        }

        private void tell(long timestamp) {
            contexts.get(0)
                    .forward(
                            new Record<>(
                                    "total",
                                    "" + stores.get(0).approximateNumEntries(),
                                    timestamp));
        }

        @Override
        public void process(Record<String, String> record) {
            if (record.key() == null) {
                return;
            }
            Long before = stores.get(0).get(record.key());
            long seen = before == null ? 1 : before + 1;
            stores.get(0).put(record.key(), seen == 5 ? null : seen);
            contexts.get(0).forward(record.withValue(record.value() + seen));
            contexts.get(0).forward(record.withTimestamp(record.timestamp() + 1));
        }
    }

    private static void namedAggregations(StreamsBuilder builder) {
        lines(builder, "a")
                .groupBy((key, value) -> value, Grouped.as("grouping"))
                .count(Named.as("counting"), countStore("counts"))
                .toStream(Named.as("streaming"))
                .to("out", longs());
        table(builder, "b")
                .groupBy((key, value) -> KeyValue.pair(value, value), Grouped.as("table-grouping"))
                .aggregate(
                        () -> "",
                        (key, value, all) -> all + value,
                        (key, value, all) -> all.replaceFirst(value, ""),
                        Named.as("aggregating"),
                        stringStore("all"))
                .toStream()
                .to("out2", strings());
    }
}
