package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Repartitioned;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is joined has the same number of partitions, or the application says why it does not run.
 */
class CopartitioningTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(2);
        cluster.create("three", 3);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private static KStream<String, String> stream(StreamsBuilder builder, String topic) {
        return builder.stream(topic, Consumed.with(Serdes.String(), Serdes.String()));
    }

    private void refused(String reason, Consumer<StreamsBuilder> program) {
        StreamsBuilder builder = new StreamsBuilder();
        program.accept(builder);
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers, cluster.applicationId, directory.toString());
        AtomicReference<Throwable> met = new AtomicReference<>();
        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties)) {
            streams.setUncaughtExceptionHandler(
                    thrown -> {
                        met.set(thrown);
                        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                    });
            streams.start();
            await().atMost(PATIENCE).until(() -> met.get() != null);
        }
        assertThat(met.get())
                .isInstanceOf(TopologyException.class)
                .hasMessageContaining(reason.replace("INPUT", cluster.input));
    }

    @Test
    void sources_that_differ_are_refused() {
        refused(
                "Following topics do not have the same number of partitions: [{INPUT=2, three=3}]",
                builder -> {
                    KTable<String, String> table =
                            builder.table("three", Consumed.with(Serdes.String(), Serdes.String()));
                    stream(builder, cluster.input)
                            .join(table, (left, right) -> left + right)
                            .to(cluster.output);
                });
    }

    @Test
    void a_repartition_topic_of_another_number_is_refused() {
        refused(
                "Number of partitions [5] of repartition topic ["
                        + cluster.applicationId
                        + "-five-repartition] doesn't match number of partitions [3] of the source topic.",
                builder -> {
                    KTable<String, String> table =
                            builder.table("three", Consumed.with(Serdes.String(), Serdes.String()));
                    stream(builder, cluster.input)
                            .repartition(
                                    Repartitioned.with(Serdes.String(), Serdes.String())
                                            .withName("five")
                                            .withNumberOfPartitions(5))
                            .join(table, (left, right) -> left + right)
                            .to(cluster.output);
                });
    }
}
