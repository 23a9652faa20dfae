package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsChanged;
import dev.millrace.cluster.journal.PartitionDraft.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Which partitions have to change when brokers have: pure, from the brokers as they are after the
 * change. See {@link PartitionDraft} for what happens to one.
 */
final class Elections {
    /**
     * Partitions that one request changes; some hundred kilobytes. What is left over is settled by
     * requests of the journal's leader that follow.
     */
    static final int MAX_PARTITIONS_CHANGED = 10_000;

    private static final ConfigResource ALL_BROKERS =
            new ConfigResource(ConfigResource.Type.BROKER, "");

    private final MetadataState state;
    private final ClusterRules rules;

    /**
     * @param state with the brokers' change
     */
    Elections(MetadataState state, ClusterRules rules) {
        this.state = state;
        this.rules = rules;
    }

    boolean isActive(int nodeId) {
        BrokerRegistration broker = state.brokers().get(nodeId);
        return broker != null && broker.isActive();
    }

    Terms terms(String topic) {
        return terms(topic, this::isActive);
    }

    private Terms terms(String topic, IntPredicate active) {
        Map<String, String> ofTopic = configs(MetadataState.topicResource(topic));
        Map<String, String> ofBrokers = configs(ALL_BROKERS);
        String min = TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG;
        String unclean = TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG;
        return new Terms(
                active,
                number(ofTopic.getOrDefault(min, ofBrokers.get(min)), rules.minInsyncReplicas()),
                flag(
                        ofTopic.getOrDefault(unclean, ofBrokers.get(unclean)),
                        rules.uncleanLeaderElection()));
    }

    private Map<String, String> configs(ConfigResource resource) {
        return state.configs().getOrDefault(resource, Map.of());
    }

    private static int number(@Nullable String text, int otherwise) {
        try {
            return text == null ? otherwise : Integer.parseInt(text.trim());
        } catch (NumberFormatException e) {
            // Names and values of configs are checked where they are set, not here.
            return otherwise;
        }
    }

    private static boolean flag(@Nullable String text, boolean otherwise) {
        return text == null ? otherwise : Boolean.parseBoolean(text.trim());
    }

    /** Who is not active leaves ISRs and leads no more; partitions without a leader get one. */
    List<MetadataRecord> settled() {
        return changed((partition, terms) -> new PartitionDraft(partition, terms).build());
    }

    /** The same, and a broker that may have lost records is trusted no more. */
    List<MetadataRecord> settledWithout(int lostNode) {
        Set<Integer> lost = Set.of(lostNode);
        return changed(
                (partition, terms) -> new PartitionDraft(partition, terms).lost(lost).build());
    }

    List<MetadataRecord> withPreferredLeaders() {
        return changed(
                (partition, terms) ->
                        new PartitionDraft(partition, terms)
                                .preferring(partition.replicas().get(0))
                                .build());
    }

    /**
     * Nobody counts as eligible because of a {@code min.insync.replicas} that holds no more: a
     * smaller one lets the leader commit what they do not have.
     *
     * @param topic null = all
     */
    List<MetadataRecord> withoutEligible(@Nullable String topic) {
        List<MetadataRecord> records = new ArrayList<>();
        for (Topic each : state.topics().values()) {
            if (topic == null || each.name().equals(topic)) {
                List<Partition> changed = new ArrayList<>();
                for (Partition p : each.partitions()) {
                    // Without an ISR the ELR is all there is, and nothing is committed meanwhile.
                    if (!p.elr().isEmpty() && !p.isr().isEmpty()) {
                        changed.add(
                                new Partition(
                                        p.index(),
                                        p.leader(),
                                        p.leaderEpoch(),
                                        p.partitionEpoch() + 1,
                                        p.replicas(),
                                        p.isr(),
                                        List.of(),
                                        p.lastKnownElr(),
                                        p.adding(),
                                        p.removing()));
                    }
                }
                if (!changed.isEmpty()) {
                    records.add(new PartitionsChanged(each.id(), List.copyOf(changed)));
                }
            }
        }
        return records;
    }

    /** Replicas that their broker cannot serve, though it is active. */
    @Nullable MetadataRecord offline(Topic topic, Set<Integer> indexes, int nodeId) {
        Terms terms = terms(topic.name(), id -> id != nodeId && isActive(id));
        List<Partition> changed = new ArrayList<>();
        for (Partition partition : topic.partitions()) {
            if (indexes.contains(partition.index())) {
                Partition after = new PartitionDraft(partition, terms).build();
                if (!after.equals(partition)) {
                    changed.add(after);
                }
            }
        }
        return changed.isEmpty() ? null : new PartitionsChanged(topic.id(), List.copyOf(changed));
    }

    /** Whether these records are as many as one request may make, so that some may be missing. */
    static boolean mayHaveMore(List<MetadataRecord> records) {
        int count = 0;
        for (MetadataRecord record : records) {
            if (record instanceof PartitionsChanged changed) {
                count += changed.partitions().size();
            }
        }
        return count >= MAX_PARTITIONS_CHANGED;
    }

    private List<MetadataRecord> changed(BiFunction<Partition, Terms, Partition> change) {
        List<MetadataRecord> records = new ArrayList<>();
        int count = 0;
        for (Topic topic : state.topics().values()) {
            Terms terms = terms(topic.name());
            List<Partition> changed = new ArrayList<>();
            for (Partition partition : topic.partitions()) {
                if (count == MAX_PARTITIONS_CHANGED) {
                    break;
                }
                Partition after = change.apply(partition, terms);
                if (!after.equals(partition)) {
                    changed.add(after);
                    count++;
                }
            }
            if (!changed.isEmpty()) {
                records.add(new PartitionsChanged(topic.id(), List.copyOf(changed)));
            }
        }
        return records;
    }
}
