package dev.millrace.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TopicExistsException;

/** Asks the cluster about itself, with an admin client. */
final class Cluster implements AutoCloseable {
    private static final int ASK_MS = 5_000;
    private static final long ASK_AGAIN_MS = 200;

    private final Admin admin;
    private final int nodes;

    Cluster(String bootstrap, int nodes) {
        this.nodes = nodes;
        this.admin =
                Admin.create(
                        Map.of(
                                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                                bootstrap,
                                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                                ASK_MS,
                                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                                ASK_MS));
    }

    /** With a replica on every node, two of which must have a record before it is acknowledged. */
    void createTopics(Map<String, Integer> partitions, Duration within)
            throws InterruptedException {
        List<NewTopic> topics = new ArrayList<>();
        partitions.forEach(
                (name, count) ->
                        topics.add(
                                new NewTopic(name, count, (short) nodes)
                                        .configs(Map.of("min.insync.replicas", "2"))));
        long deadlineNs = System.nanoTime() + within.toNanos();
        while (true) {
            try {
                admin.createTopics(topics).all().get(2 * ASK_MS, TimeUnit.MILLISECONDS);
                return;
            } catch (ExecutionException | TimeoutException e) {
                if (e.getCause() instanceof TopicExistsException) {
                    return; // by an attempt whose answer was late
                }
                if (System.nanoTime() > deadlineNs) {
                    throw new IllegalStateException("topics cannot be created: " + e, e);
                }
                Thread.sleep(ASK_AGAIN_MS);
            }
        }
    }

    /** What is missing until every partition has a leader and all its replicas in sync. */
    String missing() throws InterruptedException {
        try {
            Set<String> names =
                    admin.listTopics(new ListTopicsOptions().listInternal(true))
                            .names()
                            .get(2 * ASK_MS, TimeUnit.MILLISECONDS);
            for (TopicDescription topic : describe(names).values()) {
                for (TopicPartitionInfo partition : topic.partitions()) {
                    boolean led = partition.leader() != null && !partition.leader().isEmpty();
                    if (!led || partition.isr().size() < partition.replicas().size()) {
                        return topic.name() + "-" + partition;
                    }
                }
            }
            return "";
        } catch (ExecutionException | TimeoutException e) {
            return "an answer about the topics: " + e;
        }
    }

    /** Whether {@link #missing} came to nothing in time. */
    boolean awaitInSync(Duration within) throws InterruptedException {
        long deadlineNs = System.nanoTime() + within.toNanos();
        while (!missing().isEmpty()) {
            if (System.nanoTime() > deadlineNs) {
                return false;
            }
            Thread.sleep(ASK_AGAIN_MS);
        }
        return true;
    }

    private Map<String, TopicDescription> describe(Collection<String> names)
            throws InterruptedException, ExecutionException, TimeoutException {
        return new HashMap<>(
                admin.describeTopics(names).allTopicNames().get(2 * ASK_MS, TimeUnit.MILLISECONDS));
    }

    /** The leader of partition 0. */
    int leaderOf(String topic) throws InterruptedException, ExecutionException, TimeoutException {
        TopicDescription description = describe(List.of(topic)).get(topic);
        if (description == null || description.partitions().get(0).leader() == null) {
            throw new IllegalStateException(topic + " has no leader");
        }
        return description.partitions().get(0).leader().id();
    }

    /** The node that decides about leaders; -1 where that is not told. */
    int controller() throws InterruptedException {
        try {
            return admin.describeMetadataQuorum()
                    .quorumInfo()
                    .get(2 * ASK_MS, TimeUnit.MILLISECONDS)
                    .leaderId();
        } catch (ExecutionException | TimeoutException e) {
            return -1;
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(2));
    }
}
