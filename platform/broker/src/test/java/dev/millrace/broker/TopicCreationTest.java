package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.junit.jupiter.api.Test;

/** A topic that another broker creates at the same time. */
class TopicCreationTest {
    private static final MetadataImage.Topic TOPIC =
            new MetadataImage.Topic("t", Uuid.randomUuid(), List.of());

    private MetadataImage image = image(Map.of());
    private Map<String, MetadataImage.Topic> seenMeanwhile = Map.of();
    private final TopicCreation creation =
            new TopicCreation(
                    refusing(), true, new TopicCreation.Shape(1, (short) 1, Map.of()), Map.of());

    @Test
    void is_the_topic_if_the_image_has_it_by_then() throws Exception {
        seenMeanwhile = Map.of("t", TOPIC);

        assertThat(create()).isEqualTo(TOPIC);
    }

    @Test
    void is_asked_for_again_while_the_image_does_not_have_it() {
        assertThatThrownBy(this::create)
                .cause()
                .isInstanceOf(LeaderNotAvailableException.class)
                .isInstanceOf(RetriableException.class);
    }

    private MetadataImage.Topic create() throws Exception {
        return creation.create("t")
                .toCompletionStage()
                .toCompletableFuture()
                .get(5, TimeUnit.SECONDS);
    }

    private static MetadataImage image(Map<String, MetadataImage.Topic> topics) {
        return new MetadataImage(1, "c", 1, Map.of(), topics, Map.of(), Map.of());
    }

    /** A cluster that has the topic already. */
    private Cluster refusing() {
        return (Cluster)
                Proxy.newProxyInstance(
                        Cluster.class.getClassLoader(),
                        new Class<?>[] {Cluster.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "image" -> image;
                                    case "createTopic" -> {
                                        image = image(seenMeanwhile);
                                        yield CompletableFuture.failedFuture(
                                                new TopicExistsException("t exists"));
                                    }
                                    default -> throw new AssertionError(method);
                                });
    }
}
