package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaClientSupplier;
import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.internal.runtime.KafkaClients;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.processor.api.ContextualProcessor;
import dev.millrace.streams.processor.api.ProcessorContext;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.processor.assignment.ApplicationState;
import dev.millrace.streams.processor.assignment.KafkaStreamsState;
import dev.millrace.streams.processor.assignment.TaskInfo;
import dev.millrace.streams.processor.assignment.assignors.StickyTaskAssignor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupAssignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients, assignor and metrics of a program's own. */
class OwnPartsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path directory;
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(3);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private Properties properties() {
        return Counting.properties(
                cluster.bootstrapServers, cluster.applicationId, directory.toString());
    }

    /** Counts the clients that it makes. */
    private static final class Counted implements KafkaClientSupplier {
        private final KafkaClients clients = new KafkaClients();
        final AtomicInteger admins = new AtomicInteger();
        final AtomicInteger producers = new AtomicInteger();
        final AtomicInteger consumers = new AtomicInteger();
        final AtomicInteger restoreConsumers = new AtomicInteger();

        @Override
        public Admin getAdmin(Map<String, Object> config) {
            admins.incrementAndGet();
            return clients.getAdmin(config);
        }

        @Override
        public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
            producers.incrementAndGet();
            return clients.getProducer(config);
        }

        @Override
        public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
            consumers.incrementAndGet();
            return clients.getConsumer(config);
        }

        @Override
        public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
            restoreConsumers.incrementAndGet();
            return clients.getRestoreConsumer(config);
        }

        @Override
        public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
            return clients.getGlobalConsumer(config);
        }
    }

    @Test
    void all_clients_come_from_the_programs_supplier() throws Exception {
        List<String> lines = Counting.lines(100, 7);
        cluster.write(lines);
        Counted clients = new Counted();

        try (KafkaStreams streams =
                new KafkaStreams(
                        Counting.topology(cluster.input, cluster.output), properties(), clients)) {
            streams.start();
            awaitCounts(lines);
        }

        assertThat(clients.admins).hasValue(1);
        assertThat(clients.producers).hasValue(1);
        assertThat(clients.consumers).hasValue(1);
        assertThat(clients.restoreConsumers).hasValue(1);
    }

    private void awaitCounts(List<String> lines) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(cluster.lastCounts())
                                        .isEqualTo(Counting.reference(lines)));
    }

    /** Notes what it is told. */
    public static final class Noting extends StickyTaskAssignor {
        static final Queue<Integer> TASKS = new ConcurrentLinkedQueue<>();
        static final Queue<Integer> THREADS = new ConcurrentLinkedQueue<>();
        static final Queue<Boolean> STATEFUL = new ConcurrentLinkedQueue<>();
        static final Queue<AssignmentError> ERRORS = new ConcurrentLinkedQueue<>();

        @Override
        public TaskAssignment assign(ApplicationState application) {
            TASKS.add(application.allTasks().size());
            THREADS.add(
                    application.kafkaStreamsStates(true).values().stream()
                            .mapToInt(KafkaStreamsState::numProcessingThreads)
                            .sum());
            application.allTasks().values().stream()
                    .map(TaskInfo::isStateful)
                    .forEach(STATEFUL::add);
            return super.assign(application);
        }

        @Override
        public void onAssignmentComputed(
                GroupAssignment assignment, GroupSubscription subscription, AssignmentError error) {
            ERRORS.add(error);
        }
    }

    @Test
    void tasks_are_placed_by_the_programs_assignor() throws Exception {
        List<String> lines = Counting.lines(100, 8);
        cluster.write(lines);
        Properties properties = properties();
        properties.setProperty(StreamsConfig.TASK_ASSIGNOR_CLASS_CONFIG, Noting.class.getName());
        properties.setProperty(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "2");

        try (KafkaStreams streams =
                new KafkaStreams(Counting.topology(cluster.input, cluster.output), properties)) {
            streams.start();
            awaitCounts(lines);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(streams.metadataForLocalThreads())
                                            .allSatisfy(
                                                    thread ->
                                                            assertThat(thread.activeTasks())
                                                                    .hasSize(3)));
        }

        assertThat(Noting.TASKS).last().isEqualTo(6);
        assertThat(Noting.THREADS).contains(2);
        assertThat(Noting.STATEFUL).contains(true, false);
        assertThat(Noting.ERRORS)
                .isNotEmpty()
                .containsOnly(
                        dev.millrace.streams.processor.assignment.TaskAssignor.AssignmentError
                                .NONE);
    }

    @Test
    void what_a_processor_measures_is_among_the_metrics() throws Exception {
        cluster.write(List.of("one", "two", "three"));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .process(Measuring::new)
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.start();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(streams.metrics().entrySet())
                                            .anySatisfy(
                                                    metric -> {
                                                        assertThat(metric.getKey().name())
                                                                .isEqualTo("letters-total");
                                                        assertThat(metric.getKey().group())
                                                                .isEqualTo("stream-word-metrics");
                                                        assertThat(metric.getKey().tags())
                                                                .containsEntry("word-id", "all")
                                                                .containsEntry("unit", "letters")
                                                                .containsKey("thread-id");
                                                        assertThat(metric.getValue().metricValue())
                                                                .isEqualTo(3.0);
                                                    }));
        }
    }

    /** Forwards how long words are, and measures that. */
    private static final class Measuring extends ContextualProcessor<String, String, String, Long> {
        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private Sensor letters;

        @Override
        public void init(ProcessorContext<String, Long> context) {
            super.init(context);
            letters =
                    context.metrics()
                            .addLatencyRateTotalSensor(
                                    "word",
                                    "all",
                                    "letters",
                                    Sensor.RecordingLevel.INFO,
                                    "unit",
                                    "letters");
        }

        @Override
        public void process(Record<String, String> record) {
            letters.record(record.value().length());
            context().forward(record.withValue((long) record.value().length()));
        }
    }
}
