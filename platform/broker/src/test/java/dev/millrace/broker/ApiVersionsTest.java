package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.wire.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Our table of APIs beside Apache Kafka's, row by row. */
class ApiVersionsTest {
    /**
     * Kafka's rows that are not ours yet, because what they do is not here: share groups (76-79,
     * 83-87, 90-92) and streams groups (88-89). A row that appears is to be taken out here.
     */
    private static final Set<Integer> NOT_YET =
            IntStream.of(76, 77, 78, 79, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92)
                    .boxed()
                    .collect(Collectors.toUnmodifiableSet());

    /** Kafka has telemetry only with a plug-in that receives it. */
    private static final Set<Integer> OURS_ALONE = Set.of(71, 72);

    private TestBroker broker;

    @BeforeEach
    void start() {
        broker = TestBroker.start();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private InetSocketAddress address() {
        String[] hostAndPort = broker.bootstrapServers().split(":", -1);
        return new InetSocketAddress(hostAndPort[0], Integer.parseInt(hostAndPort[1]));
    }

    /** API key to "min..max". */
    private static Map<Integer, String> kafkas() throws IOException {
        Map<Integer, String> rows = new TreeMap<>();
        try (InputStream in =
                        ApiVersionsTest.class.getResourceAsStream("/kafka-4.3-api-versions.txt");
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.trim().split(" +", -1))
                    .forEach(row -> rows.put(Integer.valueOf(row[0]), row[1] + ".." + row[2]));
        }
        return rows;
    }

    private Map<Integer, String> served() throws IOException {
        Map<Integer, String> rows = new TreeMap<>();
        try (RawClient client = new RawClient(address())) {
            client.send(
                    ApiKeys.API_VERSIONS,
                    4,
                    1,
                    new ApiVersionsRequestData()
                            .setClientSoftwareName("test")
                            .setClientSoftwareVersion("1"));
            ((ApiVersionsResponseData) client.receive(ApiKeys.API_VERSIONS, 4).body())
                    .apiKeys()
                    .forEach(
                            row ->
                                    rows.put(
                                            (int) row.apiKey(),
                                            row.minVersion() + ".." + row.maxVersion()));
        }
        return rows;
    }

    @Test
    void what_kafka_serves_is_served_in_its_versions() throws IOException {
        Map<Integer, String> expected = kafkas();
        assertThat(expected).hasSizeGreaterThan(70);
        Map<Integer, String> served = served();
        if (broker.embedded()) {
            expected.keySet().removeAll(NOT_YET);
        }
        Set<Integer> more = new HashSet<>(served.keySet());
        more.removeAll(expected.keySet());

        assertThat(OURS_ALONE).containsAll(more);
        served.keySet().removeAll(OURS_ALONE);
        assertThat(served).isEqualTo(expected);
    }

    @Test
    void produce_is_named_from_0_but_a_request_before_3_closes_its_connection() throws IOException {
        assertThat(served()).containsEntry(0, "0..13");
        try (RawClient client = new RawClient(address())) {
            byte[] frame = RawClient.frame(ApiKeys.PRODUCE, 3, 1, new ProduceRequestData());
            int versionAt = 4 + 2;
            frame[versionAt + 1] = 2;
            assertThat(client.send(frame).closedByServer()).isTrue();
        }
    }
}
