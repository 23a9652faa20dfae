package dev.millrace.broker;

import dev.millrace.broker.quota.MutationQuota;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.internals.Topic;

/**
 * Creates topics that nobody asked for in so many words: at their first use, and internal ones when
 * their coordinator is needed. Concurrent requests for one topic share its creation. Any thread.
 */
final class TopicCreation {
    /**
     * @param partitions how many it gets
     * @param configs set explicitly at creation
     */
    record Shape(int partitions, int replicationFactor, Map<String, String> configs) {}

    private final Cluster cluster;
    private final boolean automatic;
    private final Shape usual;

    /** By topic name. */
    private final Map<String, Shape> internal;

    /** Under way, by topic name; guarded by itself. */
    private final Map<String, Future<MetadataImage.Topic>> creating = new HashMap<>();

    /**
     * @param automatic {@code auto.create.topics.enable}
     * @param usual shape of topics created automatically
     */
    TopicCreation(Cluster cluster, boolean automatic, Shape usual, Map<String, Shape> internal) {
        this.cluster = cluster;
        this.automatic = automatic;
        this.usual = usual;
        this.internal = Map.copyOf(internal);
    }

    boolean automatic() {
        return automatic;
    }

    /**
     * The topic, created if it does not exist; fails with InvalidTopicException for a name that no
     * topic can have, and with LeaderNotAvailableException if another broker has created it at the
     * same time. On the caller's context.
     */
    Future<MetadataImage.Topic> create(String name) {
        return create(name, MutationQuota.UNBOUNDED);
    }

    /**
     * The same for a client; fails with ThrottlingQuotaExceededException if it may create nothing
     * now.
     *
     * @param quota of the client; what exists, or is being created for another, is free
     */
    Future<MetadataImage.Topic> create(String name, MutationQuota quota) {
        Promise<MetadataImage.Topic> promise = promise();
        shared(name, quota).onComplete(promise);
        return promise.future();
    }

    private Future<MetadataImage.Topic> shared(String name, MutationQuota quota) {
        MetadataImage.Topic existing = cluster.image().topics().get(name);
        if (existing != null) {
            return Future.succeededFuture(existing);
        }
        Promise<MetadataImage.Topic> started = Promise.promise();
        Shape shape;
        synchronized (creating) {
            Future<MetadataImage.Topic> underWay = creating.get(name);
            if (underWay != null) {
                return underWay;
            }
            shape = internal.getOrDefault(name, usual);
            try {
                Topic.validate(name);
                quota.take(shape.partitions());
            } catch (InvalidTopicException | ThrottlingQuotaExceededException e) {
                return Future.failedFuture(e);
            }
            creating.put(name, started.future());
        }
        CompletionStage<MetadataImage.Topic> stage =
                cluster.createTopic(
                        name,
                        shape.partitions(),
                        shape.replicationFactor(),
                        Map.of(),
                        shape.configs());
        stage.whenComplete(
                (topic, failure) -> {
                    synchronized (creating) {
                        creating.remove(name);
                    }
                    MetadataImage.Topic other = cluster.image().topics().get(name);
                    Throwable cause =
                            failure instanceof java.util.concurrent.CompletionException wrapped
                                            && wrapped.getCause() != null
                                    ? wrapped.getCause()
                                    : failure;
                    if (cause == null) {
                        started.complete(topic);
                    } else if (cause instanceof TopicExistsException && other != null) {
                        started.complete(other);
                    } else if (cause instanceof TopicExistsException) {
                        // Another broker was quicker, and the image here does not have it yet.
                        started.fail(
                                new LeaderNotAvailableException(
                                        "topic %s was created just now; retry".formatted(name)));
                    } else {
                        started.fail(cause);
                    }
                });
        return started.future();
    }

    private static <T> Promise<T> promise() {
        ContextInternal context = ContextInternal.current();
        return context == null ? Promise.promise() : context.promise();
    }
}
