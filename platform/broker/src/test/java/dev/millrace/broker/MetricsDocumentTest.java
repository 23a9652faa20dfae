package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/metrics.md} lists what a broker registers, and nothing else. */
class MetricsDocumentTest {
    private static final Path DOCUMENT = Path.of("../../docs/metrics.md");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(millrace_[a-z_]+)` \\|");
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (millrace_[a-z_]+) ");

    @TempDir Path directory;

    private static Set<String> names(Pattern pattern, String text) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    /** As Micrometer's Prometheus registry calls it. */
    private static String prometheusName(Meter meter) {
        String name = meter.getId().getName().replace('.', '_');
        if (meter instanceof Timer) {
            return name + "_seconds";
        }
        return meter instanceof Counter || meter instanceof FunctionCounter
                ? name + "_total"
                : name;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void lists_every_metric_of_a_broker_and_no_other() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Vertx vertx = Vertx.vertx();
        Broker broker =
                await(
                        Broker.start(
                                vertx,
                                new InMemoryCluster(1),
                                new BrokerConfig(1, "127.0.0.1", 0, List.of(directory), Map.of()),
                                new BrokerMetrics(registry)));
        Clients clients = new Clients("127.0.0.1:" + broker.address().getPort());
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            producer.send(new ProducerRecord<>("t", "x")).get(20, TimeUnit.SECONDS);
            Set<String> registered = names(TYPE, broker.clientMetrics());
            registry.getMeters().forEach(meter -> registered.add(prometheusName(meter)));

            assertThat(names(ROW, Files.readString(DOCUMENT)))
                    .containsExactlyInAnyOrderElementsOf(registered);
            assertThat(registry.get("millrace.log.directories").gauge().value()).isEqualTo(1);
            assertThat(registry.get("millrace.log.directories.offline").gauge().value()).isZero();
            assertThat(registry.get("millrace.log.bytes").gauge().value()).isPositive();
            assertThat(registry.get("millrace.replicas").gauge().value()).isPositive();
            assertThat(registry.get("millrace.connections").gauge().value()).isPositive();
        }
        Awaitility.await().until(() -> registry.get("millrace.connections").gauge().value() == 0);
        await(broker.stop());
        // Closing flushes every log.
        assertThat(registry.get("millrace.log.flushes").functionCounter().count()).isPositive();
        assertThat(registry.get("millrace.log.flush.ms").functionCounter().count()).isPositive();
        await(vertx.close());
    }
}
