package dev.millrace.node;

import dev.millrace.cluster.ClusterConfig;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.QuorumState;
import dev.millrace.cluster.QuorumState.Voter;
import dev.millrace.cluster.journal.Cordon;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The cluster as one node knows it, for {@code GET /api/cluster/status} and {@code millrace cluster
 * status}:
 *
 * <pre>
 *   {"clusterId": "…", "node": 1, "controller": 2, "metadataVersion": 41,
 *    "nodes": [{"id": 1, "kafka": "host:port", "peer": "host:port", "rack": "", "state": "ready",
 *               "journal": "voter", "leaders": 3, "replicas": 9, "inSync": 9, "journalLag": 0}],
 *    "partitions": 9, "underReplicated": 0, "withoutLeader": 0, "reassigning": 0,
 *    "troubled": [{"topic": "t", "partition": 0, "leader": 2, "replicas": [1,2], "isr": [2]}]}
 * </pre>
 *
 * {@code state} is ready, draining or drained (it gets no replicas, and has some or none), fenced
 * (not heard of, or it has not caught up yet) or stopping. {@code journal} is voter, observer or
 * none; {@code journalLag} counts entries of the metadata journal; both are missing when nobody
 * knows. {@code unregistered}, only if there are any: HOST:PORT of members of the journal that no
 * broker has registered from.
 */
final class ClusterStatus {
    private static final int MAX_TROUBLED = 1_000;

    private final ClusterConfig config;
    private final MetadataImage image;
    private final Map<Integer, int[]> counts = new HashMap<>(); // leaders, replicas, in sync
    private final JsonArray troubled = new JsonArray();
    private int partitions;
    private int underReplicated;
    private int withoutLeader;
    private int reassigning;

    private ClusterStatus(ClusterConfig config, MetadataImage image) {
        this.config = config;
        this.image = image;
    }

    /**
     * @param quorum empty if the journal's leader could not be asked
     */
    static JsonObject of(ClusterConfig config, MetadataImage image, Optional<QuorumState> quorum) {
        return new ClusterStatus(config, image).json(quorum);
    }

    private JsonObject json(Optional<QuorumState> quorum) {
        for (Topic topic : new TreeMap<>(image.topics()).values()) {
            topic.partitions().forEach(partition -> count(topic.name(), partition));
        }
        JsonArray nodes = new JsonArray();
        new TreeMap<>(image.brokers()).values().forEach(broker -> nodes.add(node(broker, quorum)));
        JsonObject status = new JsonObject();
        quorum.map(ClusterStatus::unknown)
                .filter(each -> !each.isEmpty())
                .ifPresent(each -> status.put("unregistered", each));
        return status.put("clusterId", image.clusterId())
                .put("node", config.nodeId())
                .put("controller", image.controllerId())
                .put("metadataVersion", image.version())
                .put("nodes", nodes)
                .put("partitions", partitions)
                .put("underReplicated", underReplicated)
                .put("withoutLeader", withoutLeader)
                .put("reassigning", reassigning)
                .put("troubled", troubled);
    }

    private void count(String topic, Partition partition) {
        partitions++;
        // During a reassignment, those that are to stay.
        long wanted =
                partition.replicas().stream()
                        .filter(id -> !partition.adding().contains(id))
                        .count();
        boolean under = partition.isr().size() < wanted;
        boolean leaderless = partition.leader() < 0;
        underReplicated += under ? 1 : 0;
        withoutLeader += leaderless ? 1 : 0;
        reassigning += partition.isReassigning() ? 1 : 0;
        if (!leaderless) {
            counts(partition.leader())[0]++;
        }
        partition.replicas().forEach(id -> counts(id)[1]++);
        partition.isr().forEach(id -> counts(id)[2]++);
        if ((under || leaderless || partition.isReassigning()) && troubled.size() < MAX_TROUBLED) {
            JsonObject entry =
                    new JsonObject()
                            .put("topic", topic)
                            .put("partition", partition.index())
                            .put("leader", partition.leader())
                            .put("replicas", new JsonArray(partition.replicas()))
                            .put("isr", new JsonArray(partition.isr()));
            if (!partition.elr().isEmpty()) {
                entry.put("elr", new JsonArray(partition.elr()));
            }
            if (partition.isReassigning()) {
                entry.put("adding", new JsonArray(partition.adding()))
                        .put("removing", new JsonArray(partition.removing()));
            }
            troubled.add(entry);
        }
    }

    private int[] counts(int nodeId) {
        return counts.computeIfAbsent(nodeId, id -> new int[3]);
    }

    private JsonObject node(BrokerRegistration broker, Optional<QuorumState> quorum) {
        int[] numbers = counts(broker.nodeId());
        String peer =
                broker.peerHost().isEmpty() ? "" : broker.peerHost() + ":" + broker.peerPort();
        JsonObject node =
                new JsonObject()
                        .put("id", broker.nodeId())
                        .put("kafka", broker.host() + ":" + broker.port())
                        .put("peer", peer)
                        .put("rack", broker.rack())
                        .put("state", state(broker, numbers[1]))
                        .put("leaders", numbers[0])
                        .put("replicas", numbers[1])
                        .put("inSync", numbers[2]);
        quorum.ifPresent(
                state -> {
                    boolean voter = of(state.voters(), broker.nodeId()).isPresent();
                    boolean member = voter || of(state.observers(), broker.nodeId()).isPresent();
                    node.put("journal", voter ? "voter" : member ? "observer" : "none");
                });
        quorum.flatMap(state -> lag(state, broker.nodeId()))
                .ifPresent(lag -> node.put("journalLag", lag));
        return node;
    }

    private String state(BrokerRegistration broker, int replicas) {
        if (broker.shuttingDown()) {
            return "stopping";
        }
        if (broker.fenced()) {
            return "fenced";
        }
        if (Cordon.of(image.configs(), broker.nodeId())) {
            return replicas > 0 ? "draining" : "drained";
        }
        return "ready";
    }

    /** Voters and observers that no broker has registered from. */
    private static JsonArray unknown(QuorumState quorum) {
        JsonArray unknown = new JsonArray();
        Stream.concat(quorum.voters().stream(), quorum.observers().stream())
                .filter(each -> each.nodeId() < 0)
                .forEach(each -> unknown.add(each.host() + ":" + (each.port() - 1)));
        return unknown;
    }

    private static Optional<Voter> of(List<Voter> voters, int nodeId) {
        return voters.stream().filter(each -> each.nodeId() == nodeId).findFirst();
    }

    private static Optional<Long> lag(QuorumState quorum, int nodeId) {
        long end = quorum.voters().get(0).logEndOffset();
        return Stream.concat(quorum.voters().stream(), quorum.observers().stream())
                .filter(each -> each.nodeId() == nodeId)
                .map(Voter::logEndOffset)
                .map(offset -> Math.max(0, end - offset))
                .findFirst();
    }
}
