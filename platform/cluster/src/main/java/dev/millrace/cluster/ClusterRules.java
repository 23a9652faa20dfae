package dev.millrace.cluster;

import dev.millrace.cluster.SupportedFeatures.VersionRange;
import java.util.Map;

/**
 * What the cluster decides by, and how fast: from the settings of the node that leads the journal,
 * which therefore should be the same on all nodes.
 *
 * @param sessionTimeoutMs {@code broker.session.timeout.ms}: a broker not heard for so long is
 *     fenced; one whose process is gone, which its machine says, is fenced earlier
 * @param heartbeatIntervalMs {@code broker.heartbeat.interval.ms}
 * @param minInsyncReplicas of topics and brokers that do not set {@code min.insync.replicas}
 * @param uncleanLeaderElection of those that do not set {@code unclean.leader.election.enable}
 * @param leaderRebalanceIntervalMs {@code leader.imbalance.check.interval.seconds}: how often
 *     leadership goes back to preferred leaders; 0 = never ({@code auto.leader.rebalance.enable})
 * @param features that this version works at; others than {@link SupportedFeatures#RANGES} only
 *     where a test is of another version
 */
public record ClusterRules(
        int sessionTimeoutMs,
        int heartbeatIntervalMs,
        int minInsyncReplicas,
        boolean uncleanLeaderElection,
        long leaderRebalanceIntervalMs,
        Map<String, VersionRange> features) {
    public static final ClusterRules DEFAULT = new ClusterRules(3_000, 500, 1, false, 300_000);

    public ClusterRules(
            int sessionTimeoutMs,
            int heartbeatIntervalMs,
            int minInsyncReplicas,
            boolean uncleanLeaderElection,
            long leaderRebalanceIntervalMs) {
        this(
                sessionTimeoutMs,
                heartbeatIntervalMs,
                minInsyncReplicas,
                uncleanLeaderElection,
                leaderRebalanceIntervalMs,
                SupportedFeatures.RANGES);
    }

    public ClusterRules {
        features = Map.copyOf(features);
        if (heartbeatIntervalMs < 1 || sessionTimeoutMs < 2 * heartbeatIntervalMs) {
            throw new IllegalArgumentException(
                    "broker.session.timeout.ms must be at least twice"
                            + " broker.heartbeat.interval.ms, got "
                            + sessionTimeoutMs
                            + " and "
                            + heartbeatIntervalMs);
        }
    }

    /** The same of a version that works at these levels. */
    public ClusterRules ofVersion(Map<String, VersionRange> supported) {
        return new ClusterRules(
                sessionTimeoutMs,
                heartbeatIntervalMs,
                minInsyncReplicas,
                uncleanLeaderElection,
                leaderRebalanceIntervalMs,
                supported);
    }
}
