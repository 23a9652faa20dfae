package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.ErrorHandlerContext;
import dev.millrace.streams.errors.LogAndContinueExceptionHandler;
import dev.millrace.streams.errors.LogAndContinueProcessingExceptionHandler;
import dev.millrace.streams.errors.ProductionExceptionHandler;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Produced;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens with records that cannot be read, processed or written. */
class ErrorHandlersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(1);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private Properties properties(String... settings) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve("state").toString());
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        return properties;
    }

    private static Deserializer<Integer> numbers() {
        return (topic, bytes) ->
                Integer.valueOf(Integer.parseInt(new String(bytes, StandardCharsets.UTF_8)));
    }

    private static Serializer<Integer> texts() {
        return (topic, number) -> {
            if (number == 13) {
                throw new IllegalArgumentException("13 brings bad luck");
            }
            return Integer.toString(number).getBytes(StandardCharsets.UTF_8);
        };
    }

    @Test
    void dropped_records_are_found_in_the_dead_letter_topic_with_what_went_wrong()
            throws Exception {
        String letters = cluster.applicationId + "-letters";
        cluster.create(letters, 1);
        for (String guarantee : List.of("at_least_once", "exactly_once_v2")) {
            int before = cluster.readStrings(letters).size();
            cluster.write(List.of("1", "unreadable", "0", "13", "5"));
            StreamsBuilder builder = new StreamsBuilder();
            builder.stream(
                            cluster.input,
                            Consumed.with(Serdes.String(), Serdes.serdeFrom(texts(), numbers())))
                    .flatMapValues(number -> Arrays.asList(number, number + 100))
                    .peek(
                            (key, number) -> {
                                if (number == 0) {
                                    throw new IllegalStateException("nothing for nothing");
                                }
                            })
                    .to(
                            cluster.output,
                            Produced.with(Serdes.String(), Serdes.serdeFrom(texts(), numbers())));
            try (KafkaStreams streams =
                    new KafkaStreams(
                            builder.build(),
                            properties(
                                    StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                                    guarantee,
                                    StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                                    LogAndContinueExceptionHandler.class.getName(),
                                    StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG,
                                    LogAndContinueProcessingExceptionHandler.class.getName(),
                                    StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG,
                                    Resuming.class.getName(),
                                    StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG,
                                    letters))) {
                streams.start();
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () -> assertThat(cluster.readStrings(letters)).hasSize(before + 2));
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () ->
                                        assertThat(values(cluster.readStrings(cluster.output)))
                                                .endsWith("1", "101", "100", "113", "5", "105"));
            }
            Map<String, String> wrong =
                    cluster.readStrings(letters).stream()
                            .skip(before)
                            .collect(
                                    Collectors.toMap(
                                            ConsumerRecord::value,
                                            letter -> header(letter, "exception")));
            assertThat(wrong)
                    .containsEntry("unreadable", NumberFormatException.class.getName())
                    .containsEntry("0", IllegalStateException.class.getName());
            ConsumerRecord<String, String> letter = cluster.readStrings(letters).get(before + 1);
            assertThat(header(letter, "topic")).isEqualTo(cluster.input);
            assertThat(header(letter, "message")).isEqualTo("nothing for nothing");
            assertThat(header(letter, "stacktrace")).contains("ErrorHandlersTest");
        }
    }

    private static List<String> values(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    private static String header(ConsumerRecord<String, String> record, String name) {
        return new String(
                record.headers().lastHeader("__streams.errors." + name).value(),
                StandardCharsets.UTF_8);
    }

    /** Goes on without records that cannot be written, and remembers them. */
    public static final class Resuming implements ProductionExceptionHandler {
        static final Queue<String> SEEN = new ConcurrentLinkedQueue<>();

        @Override
        public Response handleError(
                ErrorHandlerContext context,
                ProducerRecord<byte[], byte[]> record,
                Exception exception) {
            SEEN.add(context.offset() + " " + exception.getClass().getSimpleName());
            return Response.resume();
        }

        @Override
        @SuppressWarnings("rawtypes")
        public Response handleSerializationError(
                ErrorHandlerContext context,
                ProducerRecord record,
                Exception exception,
                SerializationExceptionOrigin origin) {
            SEEN.add(context.offset() + " " + origin + " " + exception.getMessage());
            return Response.resume();
        }
    }

    @Test
    void a_record_that_the_cluster_refuses_is_dropped_when_the_handler_says_so() throws Exception {
        Resuming.SEEN.clear();
        cluster.write(List.of("small", "large", "small"));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .mapValues(value -> value.equals("large") ? "x".repeat(3 << 20) : value)
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.String()));
        try (KafkaStreams streams =
                new KafkaStreams(
                        builder.build(),
                        properties(
                                StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG,
                                Resuming.class.getName()))) {
            streams.start();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(values(cluster.readStrings(cluster.output)))
                                            .containsExactly("small", "small"));
        }
        assertThat(Resuming.SEEN)
                .containsExactly("1 " + RecordTooLargeException.class.getSimpleName());
    }

    @Test
    void one_instance_may_end_the_whole_application() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .foreach(
                        (key, value) -> {
                            throw new IllegalStateException("all shall end");
                        });
        Properties otherProperties = properties();
        otherProperties.setProperty(
                StreamsConfig.STATE_DIR_CONFIG, directory.resolve("other").toString());
        try (KafkaStreams first = new KafkaStreams(builder.build(), properties());
                KafkaStreams second = new KafkaStreams(builder.build(), otherProperties)) {
            for (KafkaStreams each : List.of(first, second)) {
                each.setUncaughtExceptionHandler(
                        exception -> StreamThreadExceptionResponse.SHUTDOWN_APPLICATION);
                each.start();
            }
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    first.state() == KafkaStreams.State.RUNNING
                                            && second.state() == KafkaStreams.State.RUNNING);

            cluster.write(List.of("poison"));

            await().atMost(PATIENCE).until(() -> first.state() == KafkaStreams.State.ERROR);
            await().atMost(PATIENCE).until(() -> second.state() == KafkaStreams.State.ERROR);
        }
    }

    @Test
    void a_paused_instance_takes_no_records_and_threads_come_and_go() throws Exception {
        Queue<String> taken = new ConcurrentLinkedQueue<>();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .foreach((key, value) -> taken.add(value));
        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.start();
            cluster.write(List.of("one"));
            await().atMost(PATIENCE).until(() -> taken.contains("one"));

            streams.pause();
            assertThat(streams.isPaused()).isTrue();
            // A round that was under way may still take records: none is after two more threads.
            assertThat(streams.addStreamThread()).isPresent();
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
            cluster.write(List.of("two"));
            assertThat(streams.removeStreamThread()).isPresent();
            assertThat(streams.metadataForLocalThreads()).hasSize(1);
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
            assertThat(taken).doesNotContain("two");

            streams.resume();
            await().atMost(PATIENCE).until(() -> taken.contains("two"));
            assertThat(taken).containsExactly("one", "two");

            Map<String, Object> metrics =
                    streams.metrics().entrySet().stream()
                            .filter(each -> each.getKey().group().startsWith("stream-"))
                            .collect(
                                    Collectors.toMap(
                                            each -> each.getKey().name(),
                                            each -> each.getValue().metricValue(),
                                            (a, b) -> a));
            assertThat(metrics)
                    .containsEntry("state", "RUNNING")
                    .containsEntry("alive-stream-threads", 1)
                    .containsEntry("application-id", cluster.applicationId)
                    .containsKeys("process-total", "commit-latency-avg", "poll-rate");
            assertThat(streams.metrics().keySet())
                    .anyMatch(name -> name.group().equals("consumer-fetch-manager-metrics"));
        }
    }
}
