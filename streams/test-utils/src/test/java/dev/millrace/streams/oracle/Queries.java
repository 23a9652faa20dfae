package dev.millrace.streams.oracle;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyQueryMetadata;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.LagInfo;
import dev.millrace.streams.StoreQueryParameters;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsMetadata;
import dev.millrace.streams.Topology;
import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.TimeWindows;
import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.query.KeyQuery;
import dev.millrace.streams.query.MultiVersionedKeyQuery;
import dev.millrace.streams.query.Position;
import dev.millrace.streams.query.PositionBound;
import dev.millrace.streams.query.Query;
import dev.millrace.streams.query.QueryResult;
import dev.millrace.streams.query.RangeQuery;
import dev.millrace.streams.query.StateQueryRequest;
import dev.millrace.streams.query.StateQueryResult;
import dev.millrace.streams.query.TimestampedKeyQuery;
import dev.millrace.streams.query.TimestampedRangeQuery;
import dev.millrace.streams.query.VersionedKeyQuery;
import dev.millrace.streams.query.WindowKeyQuery;
import dev.millrace.streams.query.WindowRangeQuery;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.QueryableStoreType;
import dev.millrace.streams.state.QueryableStoreTypes;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import dev.millrace.streams.state.ReadOnlySessionStore;
import dev.millrace.streams.state.ReadOnlyWindowStore;
import dev.millrace.streams.state.Stores;
import dev.millrace.streams.state.ValueAndTimestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A program with a store of every kind, and every question that can be asked about it from outside.
 * This very file is also compiled with {@code org.apache.kafka.streams} in place of our package.
 *
 * <p>Topic {@code a} has two partitions, with {@link #LAST} as the last key of both; topic {@code
 * g} fills the global table.
 */
public final class Queries implements BiFunction<String, List<String[]>, String> {
    static final String LAST = "last";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> KEYS = List.of("k", "l", "m", "absent", LAST);
    private static final int PARTITIONS = 2;

    private final StringBuilder text = new StringBuilder();

    @SuppressWarnings("NullAway.Init") // by apply
    private KafkaStreams streams;

    /** Bootstrap servers, application id, state directory, kind of store; what is answered. */
    @Override
    public String apply(String request, List<String[]> unused) {
        text.setLength(0);
        String[] words = request.split(" ");
        Properties config = new Properties();
        config.setProperty("bootstrap.servers", words[0]);
        config.setProperty("application.id", words[1]);
        config.setProperty("state.dir", words[2]);
        config.setProperty("default.dsl.store", words[3]);
        config.setProperty("default.key.serde", Serdes.StringSerde.class.getName());
        config.setProperty("default.value.serde", Serdes.StringSerde.class.getName());
        config.setProperty("statestore.cache.max.bytes", "0");
        config.setProperty("commit.interval.ms", "50");
        config.setProperty("application.server", "localhost:7001");
        try (KafkaStreams started = new KafkaStreams(topology(), config)) {
            streams = started;
            started.start();
            awaitLast();
            tables();
            windows();
            sessions();
            versions();
            global();
            metadata();
        }
        return text.toString();
    }

    private Topology topology() {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> a =
                builder.stream("a", Consumed.with(Serdes.String(), Serdes.String()));
        KGroupedStream<String, String> grouped =
                a.filter((key, value) -> value != null).groupByKey();
        KTable<String, Long> counts = grouped.count(Materialized.as("counts"));
        KTable<String, Long> unnamed = grouped.count();
        grouped.windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(100), Duration.ofHours(1)))
                .count(Materialized.as("windows"));
        grouped.windowedBy(
                        SessionWindows.ofInactivityGapAndGrace(
                                Duration.ofMillis(30), Duration.ofHours(1)))
                .count(Materialized.as("sessions"));
        a.toTable(
                Materialized.as(
                        Stores.persistentVersionedKeyValueStore(
                                "versions", Duration.ofMinutes(10))));
        builder.addStateStore(
                Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore("plain"), Serdes.String(), Serdes.String()));
        a.process(Remember::new, "plain");
        builder.globalTable("g", Materialized.as("global"));
        say("queryable", () -> counts.queryableStoreName() + " " + unnamed.queryableStoreName());
        return builder.build();
    }

    private static final class Remember implements Processor<String, String, Void, Void> {
        @SuppressWarnings("NullAway.Init") // by init
        private KeyValueStore<String, String> plain;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            plain = context.getStateStore("plain");
        }

        @Override
        public void process(Record<String, String> record) {
            plain.put(record.key(), record.value());
        }
    }

    private void awaitLast() {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        int found = 0;
        while (found < PARTITIONS) {
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError("The records were not processed within " + PATIENCE);
            }
            found = 0;
            try {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    if (rows("plain", partition).get(LAST) != null) {
                        found++;
                    }
                }
                Thread.sleep(20);
            } catch (InvalidStateStoreException e) {
                found = 0; // not yet
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private void say(String question, Callable<?> answer) {
        text.append(question).append(": ");
        try {
            Object said = answer.call();
            if (said instanceof Iterator<?> rows) {
                List<String> all = new ArrayList<>();
                rows.forEachRemaining(row -> all.add(show(row)));
                text.append(all);
            } else {
                text.append(said == null ? "null" : show(said));
            }
        } catch (Exception e) {
            text.append(e.getClass().getSimpleName());
        }
        text.append('\n');
    }

    /** Records and their accessors are called alike, and their texts are not. */
    private static String show(Object row) {
        if (row instanceof ValueAndTimestamp<?> both) {
            return both.value() + "@" + both.timestamp();
        }
        if (row instanceof KeyValue<?, ?> pair) {
            return pair.key + "=" + show(pair.value);
        }
        return String.valueOf(row);
    }

    private <T> T store(String name, QueryableStoreType<T> type, int partition) {
        return streams.store(
                StoreQueryParameters.fromNameAndType(name, type).withPartition(partition));
    }

    private ReadOnlyKeyValueStore<String, Object> rows(String name, int partition) {
        return store(name, QueryableStoreTypes.<String, Object>keyValueStore(), partition);
    }

    private void tables() {
        for (String name : List.of("counts", "plain")) {
            for (String key : KEYS) {
                say(
                        name + " of " + key,
                        () ->
                                streams.store(
                                                StoreQueryParameters.fromNameAndType(
                                                        name,
                                                        QueryableStoreTypes
                                                                .<String, Object>keyValueStore()))
                                        .get(key));
                ask(name, KeyQuery.withKey(key));
                ask(name, KeyQuery.withKey(key).skipCache());
                ask(name, TimestampedKeyQuery.withKey(key));
            }
            for (int each = 0; each < PARTITIONS; each++) {
                int partition = each;
                say("all", () -> rows(name, partition).all());
                say("reverse", () -> rows(name, partition).reverseAll());
                say("range", () -> rows(name, partition).range("k", "l"));
                say("open range", () -> rows(name, partition).range(null, "l"));
                say("reverse range", () -> rows(name, partition).reverseRange("l", null));
                say("prefix", () -> rows(name, partition).prefixScan("l", new StringSerializer()));
                say(
                        "with timestamps",
                        () ->
                                store(
                                                name,
                                                QueryableStoreTypes
                                                        .<String, Object>timestampedKeyValueStore(),
                                                partition)
                                        .all());
                say(
                        "as windows",
                        () ->
                                store(
                                                name,
                                                QueryableStoreTypes.<String, Object>windowStore(),
                                                partition)
                                        .all());
            }
            ask(name, RangeQuery.<String, Object>withNoBounds());
            ask(name, RangeQuery.<String, Object>withRange("k", "l"));
            ask(name, RangeQuery.<String, Object>withLowerBound("l").withDescendingKeys());
            ask(name, RangeQuery.<String, Object>withUpperBound("l").withAscendingKeys());
            ask(name, TimestampedRangeQuery.<String, Object>withNoBounds().withDescendingKeys());
            ask(name, TimestampedRangeQuery.<String, Object>withRange("k", "l"));
            everyOtherKind(name);
        }
    }

    private void everyOtherKind(String name) {
        Instant first = Instant.ofEpochMilli(0);
        ask(name, WindowKeyQuery.withKeyAndWindowStartRange("k", first, first));
        ask(name, WindowRangeQuery.withKey("k"));
        ask(name, WindowRangeQuery.withWindowStartRange(first, first));
        ask(name, VersionedKeyQuery.withKey("k"));
        ask(name, MultiVersionedKeyQuery.withKey("k"));
        ask(name, KeyQuery.withKey("k"));
        ask(name, RangeQuery.withNoBounds());
        ask(name, TimestampedKeyQuery.withKey("k"));
    }

    private void windows() {
        Instant from = Instant.ofEpochMilli(100);
        Instant to = Instant.ofEpochMilli(600);
        for (int each = 0; each < PARTITIONS; each++) {
            int partition = each;
            ReadOnlyWindowStore<String, Object> windows =
                    store("windows", QueryableStoreTypes.<String, Object>windowStore(), partition);
            ReadOnlyWindowStore<String, ValueAndTimestamp<Object>> timestamped =
                    store(
                            "windows",
                            QueryableStoreTypes.<String, Object>timestampedWindowStore(),
                            partition);
            for (String key : KEYS) {
                say("window of " + key, () -> windows.fetch(key, 200));
                say("no window of " + key, () -> windows.fetch(key, 201));
                say("timestamped window of " + key, () -> timestamped.fetch(key, 300));
                say("windows of " + key, () -> windows.fetch(key, from, to));
                say("backward", () -> windows.backwardFetch(key, from, to));
                say("timestamped", () -> timestamped.fetch(key, from, to));
            }
            say("range", () -> windows.fetch("k", "l", from, to));
            say("open", () -> windows.fetch(null, "l", from, to));
            say("range backward", () -> windows.backwardFetch("k", null, from, to));
            say("fetchAll", () -> windows.fetchAll(from, to));
            say("fetchAll backward", () -> windows.backwardFetchAll(from, to));
            say("all", windows::all);
            say("all backward", windows::backwardAll);
            say("all timestamped", timestamped::all);
        }
        for (String key : KEYS) {
            ask("windows", WindowKeyQuery.withKeyAndWindowStartRange(key, from, to));
        }
        ask("windows", WindowRangeQuery.withWindowStartRange(from, to));
        everyOtherKind("windows");
    }

    private void sessions() {
        for (int each = 0; each < PARTITIONS; each++) {
            ReadOnlySessionStore<String, Object> sessions =
                    store("sessions", QueryableStoreTypes.<String, Object>sessionStore(), each);
            for (String key : KEYS) {
                say("sessions of " + key, () -> sessions.fetch(key));
                say("backward", () -> sessions.backwardFetch(key));
                say("between", () -> sessions.findSessions(key, 100, 600));
                say("between backward", () -> sessions.backwardFindSessions(key, 100, 600));
                sessions.fetch(key)
                        .forEachRemaining(
                                found ->
                                        say(
                                                "session",
                                                () ->
                                                        sessions.fetchSession(
                                                                key,
                                                                found.key.window().start(),
                                                                found.key.window().end())));
                say("no session", () -> sessions.fetchSession(key, 0, 1));
            }
            say("range", () -> sessions.fetch("k", "l"));
            say("open", () -> sessions.fetch(null, "l"));
            say("range backward", () -> sessions.backwardFetch("k", null));
            say("range between", () -> sessions.findSessions("k", "l", 100, 600));
            say("range between backward", () -> sessions.backwardFindSessions("k", "l", 100, 600));
        }
        for (String key : KEYS) {
            ask("sessions", WindowRangeQuery.withKey(key));
        }
        everyOtherKind("sessions");
    }

    private void versions() {
        for (String key : KEYS) {
            ask("versions", VersionedKeyQuery.withKey(key));
            for (int at = 0; at < 1000; at += 150) {
                Instant time = Instant.ofEpochMilli(at);
                ask("versions", VersionedKeyQuery.withKey(key).asOf(time));
                ask("versions", MultiVersionedKeyQuery.withKey(key).fromTime(time));
                ask("versions", MultiVersionedKeyQuery.withKey(key).toTime(time));
                ask(
                        "versions",
                        MultiVersionedKeyQuery.withKey(key)
                                .fromTime(time)
                                .toTime(time.plusMillis(200))
                                .withAscendingTimestamps());
            }
            ask("versions", MultiVersionedKeyQuery.withKey(key));
            ask("versions", MultiVersionedKeyQuery.withKey(key).withAscendingTimestamps());
            ask("versions", MultiVersionedKeyQuery.withKey(key).withDescendingTimestamps());
            ask(
                    "versions",
                    MultiVersionedKeyQuery.withKey(key)
                            .fromTime(Instant.ofEpochMilli(2))
                            .toTime(Instant.ofEpochMilli(1)));
        }
        everyOtherKind("versions");
        say("versions as a table", () -> rows("versions", 0).get("k"));
    }

    private void global() {
        say("global", () -> rows("global", 0).all());
        say("global, any partition", () -> rows("global", 7).all());
        for (String key : KEYS) {
            say("global of " + key, () -> rows("global", 0).get(key));
        }
        say(
                "global with timestamps",
                () ->
                        store(
                                        "global",
                                        QueryableStoreTypes
                                                .<String, Object>timestampedKeyValueStore(),
                                        0)
                                .all());
        say("unknown", () -> rows("nowhere", 0).get("k"));
        say("unknown partition", () -> rows("counts", 7).get("k"));
        say(
                "unknown query",
                () ->
                        streams.query(
                                StateQueryRequest.inStore("nowhere")
                                        .withQuery(KeyQuery.withKey("k"))));
    }

    private void metadata() {
        for (String key : KEYS) {
            for (String name : List.of("counts", "windows", "global")) {
                say(
                        name + " has " + key,
                        () -> {
                            KeyQueryMetadata where =
                                    streams.queryMetadataForKey(name, key, new StringSerializer());
                            return where.activeHost()
                                    + " "
                                    + where.standbyHosts()
                                    + " "
                                    + where.partition();
                        });
            }
        }
        for (String name : List.of("counts", "global", "nowhere")) {
            say(
                    "instances with " + name,
                    () -> {
                        List<String> all = new ArrayList<>();
                        for (StreamsMetadata each : streams.streamsMetadataForStore(name)) {
                            all.add(
                                    each.hostInfo()
                                            + " "
                                            + new TreeSet<>(each.stateStoreNames())
                                            + " "
                                            + each.topicPartitions().stream()
                                                    .map(String::valueOf)
                                                    .sorted()
                                                    .toList()
                                            + each.standbyStateStoreNames()
                                            + each.standbyTopicPartitions());
                        }
                        return all;
                    });
        }
        say(
                "lags",
                () -> {
                    Map<String, Map<Integer, Long>> lags = new TreeMap<>();
                    for (Map.Entry<String, Map<Integer, LagInfo>> store :
                            streams.allLocalStorePartitionLags().entrySet()) {
                        Map<Integer, Long> byPartition = new TreeMap<>();
                        store.getValue()
                                .forEach(
                                        (partition, lag) ->
                                                byPartition.put(partition, lag.offsetLag()));
                        lags.put(store.getKey(), byPartition);
                    }
                    return lags;
                });
        say(
                "clients",
                () -> {
                    var ids = streams.clientInstanceIds(Duration.ofSeconds(30));
                    return ids.consumerInstanceIds().size()
                            + " "
                            + ids.producerInstanceIds().size()
                            + " "
                            + !ids.adminInstanceId().toString().isEmpty();
                });
    }

    /** With and without a bound; by partition. */
    private <R> void ask(String store, Query<R> query) {
        StateQueryRequest<R> request = StateQueryRequest.inStore(store).withQuery(query);
        String question = store + ", " + query.getClass().getSimpleName();
        say(question, () -> show(streams.query(request)));
        say(
                question + ", partition 1 and 7",
                () -> show(streams.query(request.withPartitions(java.util.Set.of(1, 7)))));
        Position reached = Position.emptyPosition().withComponent("a", 1, 1);
        say(
                question + ", bound",
                () -> show(streams.query(request.withPositionBound(PositionBound.at(reached)))));
        Position future = Position.emptyPosition().withComponent("a", 0, 1_000_000);
        say(
                question + ", bound in the future",
                () -> show(streams.query(request.withPositionBound(PositionBound.at(future)))));
        say(
                question + ", active",
                () ->
                        show(
                                streams.query(
                                        request.withPositionBound(PositionBound.at(future))
                                                .requireActive())));
    }

    private static <R> String show(StateQueryResult<R> result) {
        StringBuilder shown = new StringBuilder();
        for (Map.Entry<Integer, QueryResult<R>> each :
                new TreeMap<>(result.getPartitionResults()).entrySet()) {
            QueryResult<R> found = each.getValue();
            shown.append(each.getKey()).append(' ');
            if (found.isFailure()) {
                shown.append(found.getFailureReason());
            } else if (found.getResult() instanceof Iterator<?> rows) {
                rows.forEachRemaining(row -> shown.append(show((Object) row)).append(' '));
            } else {
                Object one = found.getResult();
                shown.append(one == null ? "null" : show(one));
            }
            if (found.isSuccess()) {
                shown.append(' ').append(found.getPosition());
            }
            shown.append("; ");
        }
        return shown.toString();
    }
}
