package dev.millrace.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Node;

/**
 * The cluster under load: its address, its processes if all are on this machine, topics made and
 * removed for a run.
 */
final class Target implements AutoCloseable {
    /** The cluster's own choice. */
    static final short DEFAULT_REPLICATION = -1;

    private final String bootstrap;
    private final short replicationFactor;
    private final ServerProcess process;
    private final Admin admin;
    private final List<String> topics = new ArrayList<>();

    /**
     * @param bootstrap HOST:PORT, or several with commas between them
     * @param replicationFactor of the topics made, or {@link #DEFAULT_REPLICATION}
     * @throws IllegalStateException nobody answers there
     */
    Target(String bootstrap, short replicationFactor) {
        this.bootstrap = bootstrap;
        this.replicationFactor = replicationFactor;
        this.admin = Admin.create(clientConfig());
        this.process = ServerProcess.listeningOn(ports());
    }

    /** Of all brokers of the cluster. */
    private Set<Integer> ports() {
        try {
            return admin.describeCluster().nodes().get().stream()
                    .map(Node::port)
                    .collect(Collectors.toSet());
        } catch (ExecutionException e) {
            admin.close();
            throw new IllegalStateException(
                    "no cluster answers at " + bootstrap + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Set.of();
        }
    }

    String bootstrap() {
        return bootstrap;
    }

    ServerProcess process() {
        return process;
    }

    Map<String, Object> clientConfig() {
        Map<String, Object> config = new HashMap<>();
        config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, 30_000);
        return config;
    }

    /** A new topic, removed on {@link #close}. */
    String createTopic(String purpose, int partitions)
            throws ExecutionException, InterruptedException {
        String name = "bench-" + purpose + "-" + UUID.randomUUID().toString().substring(0, 8);
        admin.createTopics(List.of(new NewTopic(name, partitions, replicationFactor))).all().get();
        topics.add(name);
        return name;
    }

    /**
     * Server CPU between two readings, in microseconds for each of {@code count}; NaN if unknown.
     */
    static double cpuMicros(OptionalDouble before, OptionalDouble after, long count) {
        return before.isPresent() && after.isPresent()
                ? (after.getAsDouble() - before.getAsDouble()) * 1e6 / count
                : Double.NaN;
    }

    @Override
    public void close() {
        try {
            admin.deleteTopics(topics).all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("could not remove the topics " + topics, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            admin.close();
        }
    }
}
