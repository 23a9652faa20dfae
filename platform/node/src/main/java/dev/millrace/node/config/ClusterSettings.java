package dev.millrace.node.config;

import dev.millrace.cluster.ClusterConfig;
import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.PeerAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which nodes there are, of the settings {@code millrace.cluster.*} and {@code
 * millrace.peer.listener}.
 */
final class ClusterSettings {
    static final String PEERS = "millrace.cluster.peers";
    static final String VOTERS = "millrace.cluster.voters";
    static final String LISTENER = "millrace.peer.listener";
    private static final int MAX_VOTERS = 5;

    /** Where nobody says otherwise: one node may fail. */
    private static final int VOTERS_WANTED = 3;

    private ClusterSettings() {}

    /**
     * @throws ConfigException the settings contradict each other
     */
    static ClusterConfig of(Map<String, String> given, int nodeId, Path metadataDir) {
        List<PeerAddress> peers = addresses(given, PEERS);
        boolean listens = given.containsKey(LISTENER);
        if (peers.isEmpty() && !listens) {
            return ClusterConfig.alone(nodeId, metadataDir);
        }
        if (!listens) {
            throw new ConfigException(
                    PEERS
                            + " is set: say with "
                            + LISTENER
                            + "=HOST:PORT where this node listens for the others, one of "
                            + given.get(PEERS)
                            + " or another");
        }
        PeerAddress self = address(given.getOrDefault(LISTENER, ""), LISTENER);
        if (peers.isEmpty()) {
            // A cluster of one, which others can join.
            peers = List.of(self);
        } else if (!given.containsKey("node.id") && !given.containsKey("broker.id")) {
            throw new ConfigException(
                    PEERS + " is set: each node of a cluster needs a node.id of its own");
        }
        boolean named = !given.getOrDefault(VOTERS, "").isBlank();
        List<PeerAddress> voters = named ? addresses(given, VOTERS) : defaultVoters(peers);
        try {
            return new ClusterConfig(
                    nodeId,
                    metadataDir,
                    self,
                    peers,
                    voters,
                    given.getOrDefault("broker.rack", ""),
                    rules(given),
                    named ? voters.size() : Math.max(VOTERS_WANTED, voters.size()));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * In alphabetical order, so that all nodes choose the same, however their lists are ordered.
     */
    private static List<PeerAddress> defaultVoters(List<PeerAddress> peers) {
        int count = Math.min(MAX_VOTERS, peers.size() - (peers.size() + 1) % 2);
        return peers.stream()
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .limit(count)
                .toList();
    }

    private static ClusterRules rules(Map<String, String> given) {
        ClusterRules defaults = ClusterRules.DEFAULT;
        boolean rebalance =
                Boolean.parseBoolean(given.getOrDefault("auto.leader.rebalance.enable", "true"));
        long rebalanceMs = defaults.leaderRebalanceIntervalMs();
        String seconds = given.get("leader.imbalance.check.interval.seconds");
        if (seconds != null) {
            rebalanceMs = 1_000 * Long.parseLong(seconds);
        }
        return new ClusterRules(
                number(given, "broker.session.timeout.ms", defaults.sessionTimeoutMs()),
                number(given, "broker.heartbeat.interval.ms", defaults.heartbeatIntervalMs()),
                number(given, "min.insync.replicas", defaults.minInsyncReplicas()),
                Boolean.parseBoolean(given.getOrDefault("unclean.leader.election.enable", "false")),
                rebalance ? rebalanceMs : 0);
    }

    private static int number(Map<String, String> given, String name, int otherwise) {
        String value = given.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    private static List<PeerAddress> addresses(Map<String, String> given, String name) {
        String list = given.getOrDefault(name, "");
        if (list.isBlank()) {
            return List.of();
        }
        List<PeerAddress> addresses =
                Arrays.stream(list.split(",", -1)).map(each -> address(each, name)).toList();
        if (addresses.stream().distinct().count() != addresses.size()) {
            throw new ConfigException(name + " names an address twice: " + list);
        }
        return addresses;
    }

    private static PeerAddress address(String text, String name) {
        HostPort parsed = HostPort.parse(text.strip(), name);
        try {
            return new PeerAddress(parsed.host(), parsed.port());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(name + ": " + e.getMessage());
        }
    }

    /** What a cluster needs and a node alone cannot have: the topics of coordinators on several. */
    static Map<String, String> withDefaults(Map<String, String> given, ClusterConfig cluster) {
        Map<String, String> settings = new LinkedHashMap<>(given);
        int nodes =
                cluster.peers().size()
                        + (cluster.isAlone() || cluster.peers().contains(cluster.self()) ? 0 : 1);
        if (nodes > 1) {
            String copies = Integer.toString(Math.min(3, nodes));
            settings.putIfAbsent("offsets.topic.replication.factor", copies);
            settings.putIfAbsent("transaction.state.log.replication.factor", copies);
            if (nodes > 2) {
                settings.putIfAbsent("transaction.state.log.min.isr", "2");
            }
        }
        return settings;
    }
}
