package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyQueryMetadata;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.LagInfo;
import dev.millrace.streams.StoreQueryParameters;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.errors.InvalidStateStorePartitionException;
import dev.millrace.streams.errors.StreamsNotStartedException;
import dev.millrace.streams.errors.UnknownStateStoreException;
import dev.millrace.streams.query.FailureReason;
import dev.millrace.streams.query.KeyQuery;
import dev.millrace.streams.query.Position;
import dev.millrace.streams.query.PositionBound;
import dev.millrace.streams.query.QueryResult;
import dev.millrace.streams.query.RangeQuery;
import dev.millrace.streams.query.StateQueryRequest;
import dev.millrace.streams.query.StateQueryResult;
import dev.millrace.streams.query.TimestampedKeyQuery;
import dev.millrace.streams.state.HostInfo;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.QueryableStoreTypes;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import dev.millrace.streams.state.ValueAndTimestamp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores read from outside, here and through the metadata of other instances. */
class InteractiveQueryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(3);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private KafkaStreams create(String state, String... settings) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve(state).toString());
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        return new KafkaStreams(Counting.topology(cluster.input, cluster.output), properties);
    }

    private static ReadOnlyKeyValueStore<String, Long> counts(KafkaStreams streams) {
        return streams.store(
                StoreQueryParameters.fromNameAndType(
                        "counts", QueryableStoreTypes.<String, Long>keyValueStore()));
    }

    private static Map<String, Long> all(ReadOnlyKeyValueStore<String, Long> store) {
        Map<String, Long> rows = new TreeMap<>();
        try (KeyValueIterator<String, Long> found = store.all()) {
            while (found.hasNext()) {
                KeyValue<String, Long> row = found.next();
                assertThat(rows.put(row.key, row.value)).as(row.key).isNull();
            }
        }
        return rows;
    }

    private void awaitCounts(KafkaStreams streams, Map<String, Long> truth) {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(InvalidStateStoreException.class)
                .untilAsserted(() -> assertThat(all(counts(streams))).isEqualTo(truth));
    }

    @Test
    void all_partitions_of_all_threads_are_one_store() throws Exception {
        List<String> lines = Counting.lines(6000, 1); // more rows than fit on a page
        cluster.write(lines);
        Map<String, Long> truth = Counting.reference(lines);
        try (KafkaStreams streams =
                create(
                        "state",
                        StreamsConfig.NUM_STREAM_THREADS_CONFIG,
                        "2",
                        StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                        "60000")) {
            assertThatThrownBy(() -> counts(streams))
                    .isInstanceOf(StreamsNotStartedException.class);
            streams.start();
            awaitCounts(streams, truth); // the cache holds back everything

            ReadOnlyKeyValueStore<String, Long> store = counts(streams);
            assertThat(store.get("word1")).isEqualTo(truth.get("word1"));
            assertThat(store.get("absent")).isNull();
            assertThat(store.approximateNumEntries()).isPositive();
            try (KeyValueIterator<String, Long> range = store.range("word1", "word10")) {
                assertThat(range.hasNext()).isTrue();
                assertThat(range.peekNextKey()).isBetween("word1", "word10");
            }
            ValueAndTimestamp<Long> timestamped =
                    streams.store(
                                    StoreQueryParameters.fromNameAndType(
                                            "counts",
                                            QueryableStoreTypes
                                                    .<String, Long>timestampedKeyValueStore()))
                            .get("word1");
            assertThat(Objects.requireNonNull(timestamped).value()).isEqualTo(truth.get("word1"));
            assertThat(timestamped.timestamp()).isPositive();

            assertThatThrownBy(
                            () ->
                                    streams.store(
                                            StoreQueryParameters.fromNameAndType(
                                                    "other", QueryableStoreTypes.keyValueStore())))
                    .isInstanceOf(UnknownStateStoreException.class)
                    .hasMessageContaining("other");
            assertThatThrownBy(
                            () ->
                                    streams.store(
                                            StoreQueryParameters.fromNameAndType(
                                                            "counts",
                                                            QueryableStoreTypes.keyValueStore())
                                                    .withPartition(7)))
                    .isInstanceOf(InvalidStateStorePartitionException.class)
                    .hasMessageContaining("7");
        }
    }

    @Test
    void queries_answer_by_partition_with_what_they_have_seen() throws Exception {
        List<String> lines = Counting.lines(500, 2);
        cluster.write(lines);
        Map<String, Long> truth = Counting.reference(lines);
        try (KafkaStreams streams = create("state", StreamsConfig.LOCAL_EXCHANGE_CONFIG, "false")) {
            streams.start();
            awaitCounts(streams, truth);

            StateQueryResult<Long> value =
                    streams.query(
                            StateQueryRequest.inStore("counts")
                                    .withQuery(KeyQuery.withKey("word1")));
            assertThat(value.getPartitionResults()).hasSize(3);
            assertThat(Objects.requireNonNull(value.getOnlyPartitionResult()).getResult())
                    .isEqualTo(truth.get("word1"));
            Position seen = Objects.requireNonNull(value.getPosition());
            assertThat(seen.getPartitionPositions(cluster.applicationId + "-counts-repartition"))
                    .hasSize(3);

            StateQueryResult<ValueAndTimestamp<Long>> timestamped =
                    streams.query(
                            StateQueryRequest.inStore("counts")
                                    .withQuery(TimestampedKeyQuery.<String, Long>withKey("word1"))
                                    .withPositionBound(PositionBound.at(seen))
                                    .requireActive());
            assertThat(
                            Objects.requireNonNull(
                                            Objects.requireNonNull(
                                                            timestamped.getOnlyPartitionResult())
                                                    .getResult())
                                    .value())
                    .isEqualTo(truth.get("word1"));

            StateQueryResult<KeyValueIterator<String, Long>> range =
                    streams.query(
                            StateQueryRequest.inStore("counts")
                                    .withQuery(RangeQuery.<String, Long>withNoBounds())
                                    .withPartitions(Set.of(0, 1, 2, 9))
                                    .enableExecutionInfo());
            List<String> keys = new ArrayList<>();
            range.getPartitionResults()
                    .forEach(
                            (partition, result) -> {
                                if (partition < 3) {
                                    Objects.requireNonNull(result.getResult())
                                            .forEachRemaining(row -> keys.add(row.key));
                                    assertThat(result.getExecutionInfo()).isNotEmpty();
                                }
                            });
            assertThat(keys).containsExactlyInAnyOrderElementsOf(truth.keySet());
            assertThat(reason(range, 9)).isEqualTo(FailureReason.NOT_PRESENT);

            Position future = seen.copy();
            String repartition = cluster.applicationId + "-counts-repartition";
            future.withComponent(repartition, 0, Long.MAX_VALUE);
            assertThat(
                            reason(
                                    streams.query(
                                            StateQueryRequest.inStore("counts")
                                                    .withQuery(KeyQuery.withKey("word1"))
                                                    .withPositionBound(PositionBound.at(future))),
                                    0))
                    .isEqualTo(FailureReason.NOT_UP_TO_BOUND);
        }
    }

    @Test
    void what_was_seen_before_a_restart_is_seen_after_it() throws Exception {
        List<String> lines = Counting.lines(200, 4);
        cluster.write(lines);
        Position seen;
        try (KafkaStreams streams = create("state")) {
            streams.start();
            awaitCounts(streams, Counting.reference(lines));
            StateQueryResult<Long> result =
                    streams.query(
                            StateQueryRequest.inStore("counts")
                                    .withQuery(KeyQuery.<String, Long>withKey("word1")));
            seen = Objects.requireNonNull(result.getPosition());
        }
        try (KafkaStreams streams = create("state")) {
            streams.start();
            StateQueryRequest<Long> request =
                    StateQueryRequest.inStore("counts")
                            .withQuery(KeyQuery.<String, Long>withKey("word1"))
                            .withPositionBound(PositionBound.at(seen))
                            .withPartitions(Set.of(0, 1, 2));
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(
                                                    streams.query(request)
                                                            .getPartitionResults()
                                                            .values())
                                            .hasSize(3)
                                            .allMatch(QueryResult::isSuccess));
        }
    }

    private static FailureReason reason(StateQueryResult<?> result, int partition) {
        QueryResult<?> found = Objects.requireNonNull(result.getPartitionResults().get(partition));
        return found.getFailureReason();
    }

    @Test
    void any_instance_knows_where_a_key_is_and_standbys_answer_when_asked() throws Exception {
        List<String> lines = Counting.lines(800, 3);
        cluster.write(lines);
        Map<String, Long> truth = Counting.reference(lines);
        HostInfo firstHost = new HostInfo("localhost", 7001);
        HostInfo secondHost = new HostInfo("localhost", 7002);
        String standby = StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG;
        String server = StreamsConfig.APPLICATION_SERVER_CONFIG;
        try (KafkaStreams first = create("first", server, "localhost:7001", standby, "1");
                KafkaStreams second = create("second", server, "localhost:7002", standby, "1")) {
            first.start();
            second.start();
            Map<HostInfo, KafkaStreams> instances = Map.of(firstHost, first, secondHost, second);
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(InvalidStateStoreException.class)
                    .untilAsserted(
                            () -> {
                                Map<String, Long> both = new TreeMap<>(all(counts(first)));
                                both.putAll(all(counts(second)));
                                assertThat(both).isEqualTo(truth);
                                assertThat(first.streamsMetadataForStore("counts")).hasSize(2);
                            });

            for (String word : List.of("word1", "word2", "word3", "word4")) {
                KeyQueryMetadata where =
                        second.queryMetadataForKey("counts", word, new StringSerializer());
                assertThat(where)
                        .isEqualTo(
                                first.queryMetadataForKey("counts", word, new StringSerializer()));
                assertThat(where.standbyHosts()).hasSize(1).doesNotContain(where.activeHost());
                KafkaStreams active = Objects.requireNonNull(instances.get(where.activeHost()));
                assertThat(counts(active).get(word)).isEqualTo(truth.get(word));
                KafkaStreams copy =
                        Objects.requireNonNull(
                                instances.get(where.standbyHosts().iterator().next()));
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () ->
                                        assertThat(
                                                        copy.store(
                                                                        StoreQueryParameters
                                                                                .fromNameAndType(
                                                                                        "counts",
                                                                                        QueryableStoreTypes
                                                                                                .<String,
                                                                                                        Long>
                                                                                                        keyValueStore())
                                                                                .withPartition(
                                                                                        where
                                                                                                .partition())
                                                                                .enableStaleStores())
                                                                .get(word))
                                                .isEqualTo(truth.get(word)));
                assertThat(counts(copy).get(word)).as("without stale stores").isNull();
            }
            Map<Integer, LagInfo> lags =
                    Objects.requireNonNull(first.allLocalStorePartitionLags().get("counts"));
            assertThat(lags).hasSize(3);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(
                                                    Objects.requireNonNull(
                                                                    first.allLocalStorePartitionLags()
                                                                            .get("counts"))
                                                            .values())
                                            .allMatch(lag -> lag.offsetLag() == 0));
        }
    }
}
