package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ClusterAdminTest {
    private static Fixture fixture;

    @BeforeAll
    static void start() {
        fixture = new Fixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @Test
    void a_topic_is_created_listed_described_and_deleted() {
        ClusterAdmin admin = fixture.client.admin();
        String name = Fixture.unique("admin");

        admin.createTopic(
                        name,
                        Optional.of(2),
                        Optional.of((short) 1),
                        Map.of("cleanup.policy", "compact"))
                .blockingAwait();

        assertThat(admin.topicNames().blockingGet()).contains(name);
        assertThat(admin.describeTopic(name).blockingGet().partitions()).hasSize(2);
        assertThat(admin.topicConfig(name).blockingGet())
                .containsEntry("cleanup.policy", "compact");
        assertThat(admin.nodes().blockingGet()).isNotEmpty();

        admin.deleteTopic(name).blockingAwait();

        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.describeTopic(name).isEmpty().blockingGet());
    }

    @Test
    void offsets_are_told_by_partition() {
        Topic<String, String> topic = fixture.topic("ends");
        Fixture.fill(topic, 7);

        assertThat(fixture.client.admin().beginningOffsets(topic.name()).blockingGet())
                .isEqualTo(Map.of(0, 0L));
        assertThat(fixture.client.admin().endOffsets(topic.name()).blockingGet())
                .isEqualTo(Map.of(0, 7L));
    }

    @Test
    void an_unknown_topic_is_empty_to_describe_and_an_error_to_use() {
        ClusterAdmin admin = fixture.client.admin();
        String name = Fixture.unique("nowhere");

        assertThat(admin.describeTopic(name).isEmpty().blockingGet()).isTrue();
        admin.deleteTopic(name)
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(ClientException.UnknownTopic.class);
        admin.endOffsets(name)
                .test()
                .awaitDone(10, TimeUnit.SECONDS)
                .assertError(ClientException.UnknownTopic.class);
    }
}
