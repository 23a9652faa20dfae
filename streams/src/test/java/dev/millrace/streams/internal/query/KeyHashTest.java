package dev.millrace.streams.internal.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.state.HostInfo;
import java.util.Random;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    @Test
    void chooses_the_partition_that_kafkas_producer_chooses() {
        Random random = new Random(1);
        for (int round = 0; round < 10_000; round++) {
            byte[] key = new byte[random.nextInt(40)];
            random.nextBytes(key);
            int partitions = 1 + random.nextInt(50);

            assertThat(KeyHash.partition(key, partitions))
                    .isEqualTo(BuiltInPartitioner.partitionForKey(key, partitions));
        }
    }

    @Test
    void an_endpoint_is_a_host_and_a_port() {
        assertThat(HostInfo.buildFromEndpoint("example.com:8080"))
                .isEqualTo(new HostInfo("example.com", 8080));
        assertThat(HostInfo.buildFromEndpoint("http://[::1]:80"))
                .isEqualTo(new HostInfo("::1", 80));
        assertThat(HostInfo.buildFromEndpoint(" ")).isNull();
    }
}
