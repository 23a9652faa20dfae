package dev.millrace.cluster.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.map.IMap;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.ClusterConfig;
import dev.millrace.cluster.MetadataImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacementMapTest {
    @TempDir Path directory;

    @Test
    void every_topic_is_in_the_map_with_its_version_and_no_other() throws Exception {
        ClusterConfig config = ClusterConfig.alone(1, directory);
        try (Cluster cluster =
                Cluster.start(config).toCompletableFuture().get(30, TimeUnit.SECONDS)) {
            cluster.registerBroker(new BrokerStart("127.0.0.1", 9092, ""))
                    .toCompletableFuture()
                    .get();
            MetadataImage.Topic gone = create(cluster, "gone");
            MetadataImage.Topic kept = create(cluster, "kept");
            IMap<String, byte[]> map =
                    cluster.hazelcast()
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS)
                            .getMap(HazelcastSettings.PLACEMENT_MAP);
            awaitKeys(map, gone, kept);

            cluster.deleteTopic(gone.id()).toCompletableFuture().get();
            cluster.createPartitions("kept", 2, List.of()).toCompletableFuture().get();

            awaitKeys(map, kept);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () ->
                                    assertThat(json(map, kept))
                                            .isEqualTo(
                                                    "{\"name\":\"kept\",\"partitions\":["
                                                            + "{\"leader\":1,\"epoch\":0,\"replicas\":[1],\"isr\":[1]},"
                                                            + "{\"leader\":1,\"epoch\":0,\"replicas\":[1],\"isr\":[1]}]}"));
            assertThat(Fenced.token(value(map, kept))).isEqualTo(cluster.image().version());
        }
    }

    private static void awaitKeys(IMap<String, byte[]> map, MetadataImage.Topic... topics) {
        List<String> ids = List.of(topics).stream().map(topic -> topic.id().toString()).toList();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> assertThat(map.keySet()).containsExactlyInAnyOrderElementsOf(ids));
    }

    private static String json(IMap<String, byte[]> map, MetadataImage.Topic topic) {
        return new String(Fenced.content(value(map, topic)), StandardCharsets.UTF_8);
    }

    private static byte[] value(IMap<String, byte[]> map, MetadataImage.Topic topic) {
        return Objects.requireNonNull(map.get(topic.id().toString()));
    }

    private static MetadataImage.Topic create(Cluster cluster, String name) throws Exception {
        return cluster.createTopic(name, 1, 1, Map.of(), Map.of())
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }
}
