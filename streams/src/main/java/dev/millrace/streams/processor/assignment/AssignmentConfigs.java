package dev.millrace.streams.processor.assignment;

import dev.millrace.streams.StreamsConfig;
import java.util.List;
import java.util.OptionalInt;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/** The settings of an application that say how tasks are placed. */
public class AssignmentConfigs {
    private final long acceptableRecoveryLag;
    private final int maxWarmupReplicas;
    private final int numStandbyReplicas;
    private final long probingRebalanceIntervalMs;
    private final List<String> rackAwareAssignmentTags;
    private final OptionalInt rackAwareTrafficCost;
    private final OptionalInt rackAwareNonOverlapCost;
    private final String rackAwareAssignmentStrategy;

    public AssignmentConfigs(
            Long acceptableRecoveryLag,
            Integer maxWarmupReplicas,
            Integer numStandbyReplicas,
            Long probingRebalanceIntervalMs,
            List<String> rackAwareAssignmentTags) {
        this(
                (long) acceptableRecoveryLag,
                (int) maxWarmupReplicas,
                (int) numStandbyReplicas,
                (long) probingRebalanceIntervalMs,
                rackAwareAssignmentTags,
                OptionalInt.empty(),
                OptionalInt.empty(),
                StreamsConfig.RACK_AWARE_ASSIGNMENT_STRATEGY_NONE);
    }

    public AssignmentConfigs(
            long acceptableRecoveryLag,
            int maxWarmupReplicas,
            int numStandbyReplicas,
            long probingRebalanceIntervalMs,
            List<String> rackAwareAssignmentTags,
            int rackAwareTrafficCost,
            int rackAwareNonOverlapCost,
            String rackAwareAssignmentStrategy) {
        this(
                acceptableRecoveryLag,
                maxWarmupReplicas,
                numStandbyReplicas,
                probingRebalanceIntervalMs,
                rackAwareAssignmentTags,
                OptionalInt.of(rackAwareTrafficCost),
                OptionalInt.of(rackAwareNonOverlapCost),
                rackAwareAssignmentStrategy);
    }

    /**
     * @throws org.apache.kafka.common.config.ConfigException when one of them is no valid setting
     */
    public AssignmentConfigs(
            long acceptableRecoveryLag,
            int maxWarmupReplicas,
            int numStandbyReplicas,
            long probingRebalanceIntervalMs,
            List<String> rackAwareAssignmentTags,
            OptionalInt rackAwareTrafficCost,
            OptionalInt rackAwareNonOverlapCost,
            String rackAwareAssignmentStrategy) {
        this.acceptableRecoveryLag =
                valid(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, acceptableRecoveryLag);
        this.maxWarmupReplicas = valid(StreamsConfig.MAX_WARMUP_REPLICAS_CONFIG, maxWarmupReplicas);
        this.numStandbyReplicas =
                valid(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, numStandbyReplicas);
        this.probingRebalanceIntervalMs =
                valid(
                        StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG,
                        probingRebalanceIntervalMs);
        this.rackAwareAssignmentTags =
                valid(StreamsConfig.RACK_AWARE_ASSIGNMENT_TAGS_CONFIG, rackAwareAssignmentTags);
        this.rackAwareTrafficCost = rackAwareTrafficCost;
        this.rackAwareNonOverlapCost = rackAwareNonOverlapCost;
        this.rackAwareAssignmentStrategy =
                valid(
                        StreamsConfig.RACK_AWARE_ASSIGNMENT_STRATEGY_CONFIG,
                        rackAwareAssignmentStrategy);
    }

    private static <T> T valid(String name, T value) {
        ConfigDef.ConfigKey key = StreamsConfig.configDef().configKeys().get(name);
        if (key != null && key.validator != null) {
            key.validator.ensureValid(name, value);
        }
        return value;
    }

    public static AssignmentConfigs of(StreamsConfig configs) {
        return new AssignmentConfigs(
                configs.getLong(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG),
                configs.getInt(StreamsConfig.MAX_WARMUP_REPLICAS_CONFIG),
                configs.getInt(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG),
                configs.getLong(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG),
                configs.getList(StreamsConfig.RACK_AWARE_ASSIGNMENT_TAGS_CONFIG),
                optional(configs.getInt(StreamsConfig.RACK_AWARE_ASSIGNMENT_TRAFFIC_COST_CONFIG)),
                optional(
                        configs.getInt(
                                StreamsConfig.RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST_CONFIG)),
                configs.getString(StreamsConfig.RACK_AWARE_ASSIGNMENT_STRATEGY_CONFIG));
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }

    public long acceptableRecoveryLag() {
        return acceptableRecoveryLag;
    }

    public int maxWarmupReplicas() {
        return maxWarmupReplicas;
    }

    public int numStandbyReplicas() {
        return numStandbyReplicas;
    }

    public long probingRebalanceIntervalMs() {
        return probingRebalanceIntervalMs;
    }

    public List<String> rackAwareAssignmentTags() {
        return rackAwareAssignmentTags;
    }

    public OptionalInt rackAwareTrafficCost() {
        return rackAwareTrafficCost;
    }

    public OptionalInt rackAwareNonOverlapCost() {
        return rackAwareNonOverlapCost;
    }

    public String rackAwareAssignmentStrategy() {
        return rackAwareAssignmentStrategy;
    }

    @Override
    public String toString() {
        return "AssignmentConfigs{acceptableRecoveryLag="
                + acceptableRecoveryLag
                + ", maxWarmupReplicas="
                + maxWarmupReplicas
                + ", numStandbyReplicas="
                + numStandbyReplicas
                + ", probingRebalanceIntervalMs="
                + probingRebalanceIntervalMs
                + ", rackAwareAssignmentTags="
                + rackAwareAssignmentTags
                + ", rackAwareTrafficCost="
                + rackAwareTrafficCost
                + ", rackAwareNonOverlapCost="
                + rackAwareNonOverlapCost
                + ", rackAwareAssignmentStrategy="
                + rackAwareAssignmentStrategy
                + "}";
    }
}
