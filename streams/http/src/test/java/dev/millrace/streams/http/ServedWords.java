package dev.millrace.streams.http;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.TimeWindows;
import dev.millrace.streams.state.Stores;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;

/**
 * A program with stores of all kinds, served over HTTP; tests run and kill it as a process of its
 * own. Arguments: bootstrap servers, application id, state directory, endpoint.
 */
final class ServedWords {
    private ServedWords() {}

    public static void main(String[] args) throws Exception {
        KafkaStreams streams = create(args[0], args[1], args[2], args[3]);
        serve(streams, args[3]);
        streams.start();
        Thread.currentThread().join();
    }

    static KafkaStreams create(
            String bootstrapServers, String applicationId, String stateDirectory, String endpoint) {
        Properties properties = new Properties();
        properties.setProperty(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.setProperty(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.setProperty(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
        properties.setProperty(StreamsConfig.APPLICATION_SERVER_CONFIG, endpoint);
        properties.setProperty(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, "1");
        properties.setProperty(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
        properties.setProperty("session.timeout.ms", "6000");
        properties.setProperty("heartbeat.interval.ms", "500");
        return new KafkaStreams(topology(), properties);
    }

    private static Topology topology() {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> words =
                builder.stream("words", Consumed.with(Serdes.String(), Serdes.String()));
        KGroupedStream<String, String> grouped = words.groupByKey();
        grouped.count(Materialized.as("counts"));
        grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofSeconds(1)))
                .count(Materialized.as("seconds"));
        grouped.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(Duration.ofSeconds(1)))
                .count(Materialized.as("visits"));
        words.toTable(
                Materialized.<String, String>as(
                                Stores.persistentVersionedKeyValueStore(
                                        "versions", Duration.ofHours(1)))
                        .withKeySerde(Serdes.String())
                        .withValueSerde(Serdes.String()));
        builder.globalTable(
                "places",
                Consumed.with(Serdes.String(), Serdes.String()),
                Materialized.as("places-here"));
        return builder.build();
    }

    static StoreServer serve(KafkaStreams streams, String endpoint) throws Exception {
        return StoreServer.of(streams, endpoint)
                .keyValue("counts", KeyFormat.strings())
                .windows("seconds", KeyFormat.strings())
                .sessions("visits", KeyFormat.strings())
                .versioned("versions", KeyFormat.strings())
                .global("places-here", KeyFormat.strings())
                .start();
    }
}
