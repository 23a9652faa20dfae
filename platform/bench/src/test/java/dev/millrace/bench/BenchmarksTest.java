package dev.millrace.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.TestBroker;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every load runs to its end and gives its figures; how large they are is not for a test. */
class BenchmarksTest {
    private static TestBroker broker;

    @BeforeAll
    static void start() {
        broker = TestBroker.start();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static List<Figure> run(Benchmark benchmark) throws Exception {
        try (Target target = new Target(broker.bootstrapServers(), Target.DEFAULT_REPLICATION)) {
            return benchmark.run(target);
        }
    }

    private static void assertMeasured(List<Figure> figures, String... names) {
        assertThat(figures).extracting(Figure::name).contains(names);
        assertThat(figures)
                .filteredOn(figure -> List.of(names).contains(figure.name()))
                .allSatisfy(figure -> assertThat(figure.value()).isPositive());
    }

    @Test
    void one_connection_with_one_request_under_way() throws Exception {
        assertMeasured(
                run(new RequestsBenchmark(100, 100, 1, 1, "all")),
                "throughput",
                "ack p50",
                "ack p99");
    }

    @Test
    void several_connections_with_several_requests_under_way() throws Exception {
        assertMeasured(run(new RequestsBenchmark(200, 100, 4, 5, "1")), "throughput", "ack p99.9");
    }

    @Test
    void a_paced_load_on_many_partitions_beside_idle_connections() throws Exception {
        List<Figure> figures = run(new PacedBenchmark(500, 100, 50, 1000, 20, "all"));
        assertMeasured(
                figures, "create topic", "end to end p50", "end to end p99", "server memory");
        assertThat(figures)
                .filteredOn(figure -> figure.name().equals("idle connections refused"))
                .singleElement()
                .extracting(Figure::value)
                .isEqualTo(0.0);
    }

    @Test
    void throughput_of_one_producer_and_one_consumer() throws Exception {
        assertMeasured(run(new ProduceBenchmark(2000, 100, 3, "all", "none", 0)), "throughput");
        assertMeasured(run(new ConsumeBenchmark(2000, 100, 3, "lz4")), "throughput", "volume");
    }

    @Test
    void the_same_program_with_both_streams_libraries(@TempDir Path work) throws Exception {
        String jars = System.getProperty("java.class.path");
        for (StreamsLibrary library :
                List.of(StreamsLibrary.millrace(), StreamsLibrary.kafka(jars, work))) {
            try (Target target = new Target(broker.bootstrapServers())) {
                StreamsLoad load = StreamsLoad.write(target, "wordcount", 2, 300);
                StreamsBenchmark benchmark =
                        new StreamsBenchmark(
                                library,
                                load,
                                "wordcount",
                                2,
                                1,
                                1 << 20,
                                "exactly_once_v2",
                                List.of("-Xmx256m"));
                assertMeasured(
                        benchmark.run(target), "throughput", "own CPU", "with start", "resident");
            }
        }
    }
}
