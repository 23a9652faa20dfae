package dev.millrace.cluster;

import com.hazelcast.core.HazelcastInstance;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * This node's view of, and voice in, the cluster. Changes are decided by the journal: a stage
 * completes when its record is committed <em>and</em> applied here, so that {@link #image()} shows
 * it. Stages fail with the public exceptions of kafka-clients (TopicExistsException,
 * UnknownTopicOrPartitionException, InvalidPartitionsException, …), never wrapped; TimeoutException
 * means that nobody knows whether the change was made. Stages complete on a thread of the cluster
 * module: move to your own loop before touching your state. Nothing here blocks but {@link #close}.
 */
public interface Cluster extends AutoCloseable {
    /**
     * Opens (first start: formats) the journal and joins the cluster, on threads of its own.
     *
     * @return completes when the journal is ready, that is when this node knows a leader and has
     *     replayed what was committed; the Hazelcast member may still be starting. Fails with a
     *     {@link ClusterStartException} whose message is one line for the operator.
     */
    static CompletionStage<Cluster> start(ClusterConfig config) {
        return JournaledCluster.start(config);
    }

    int nodeId();

    /** The newest image; a volatile read. */
    MetadataImage image();

    /**
     * Called after each change with the new image, in order, on the cluster's thread, before the
     * stage of the change completes; first of all with the current one. A listener that is slow
     * sees several changes as one image.
     */
    void onChange(Consumer<MetadataImage> listener);

    /**
     * Called once if the journal stops for a reason other than {@link #close}: its disk is full,
     * fails or does not answer, or holds what cannot be read. The node then must stop, since it can
     * no longer keep what it promises; starting it again is safe. Called at once if it has happened
     * already, else on a thread of the journal: return quickly.
     */
    void onFailure(Consumer<Throwable> listener);

    /**
     * Creates a topic with its configs in one record.
     *
     * @param partitions at least 1; ignored when {@code assignment} is given
     * @param assignment partition number to replica node ids; empty = place automatically
     */
    CompletionStage<MetadataImage.Topic> createTopic(
            String name,
            int partitions,
            int replicationFactor,
            Map<Integer, List<Integer>> assignment,
            Map<String, String> configs);

    CompletionStage<Void> deleteTopic(Uuid topicId);

    /**
     * Grows the topic to {@code totalPartitions}; the additions are placed automatically where
     * {@code assignment} is empty.
     */
    CompletionStage<Void> createPartitions(
            String topic, int totalPartitions, List<List<Integer>> assignment);

    /** Sets a key where the value is present, removes it where it is empty. */
    default CompletionStage<Void> alterConfigs(
            ConfigResource resource, Map<String, Optional<String>> changes) {
        return alterConfigs(resource, changes, Map.of());
    }

    /**
     * Makes the changes of one resource together, or none of them.
     *
     * @param expected values the changes were computed from, empty where a key was not set; if one
     *     is different by now, the stage fails with InvalidUpdateVersionException: read the image
     *     again and compute anew
     */
    CompletionStage<Void> alterConfigs(
            ConfigResource resource,
            Map<String, Optional<String>> changes,
            Map<String, Optional<String>> expected);

    /**
     * Finalizes levels, all of them or none.
     *
     * @param validateOnly decides and changes nothing
     * @return fails with InvalidUpdateVersionException if a registered broker does not support a
     *     level, or the update's type does not allow the direction
     */
    CompletionStage<Void> updateFeatures(Map<String, FeatureUpdate> updates, boolean validateOnly);

    /**
     * Sets a quota where the value is present, removes it where it is empty. Names of quotas and
     * types of entities are the caller's to check.
     */
    CompletionStage<Void> alterClientQuotas(
            ClientQuotaEntity entity, Map<String, Optional<Double>> changes);

    /**
     * Sets a user's credential where it is present, removes it where it is empty, all or none.
     *
     * @return fails with ResourceNotFoundException if one to remove is not there
     */
    CompletionStage<Void> alterScramCredentials(
            String user, Map<ScramMechanism, Optional<ScramCredential>> changes);

    /** Takes {@code size} producer ids that nobody else ever gets; answers the first. */
    CompletionStage<Long> allocateProducerIds(int size);

    /**
     * Announces this broker and where it can be reached. Each call is a new incarnation with a
     * larger broker epoch. In a cluster of several nodes it is fenced until its session says that
     * it has caught up, and leads nothing; a node that is alone is unfenced at once.
     *
     * @return when {@link #image()} shows it. Fails with DuplicateBrokerRegistrationException if
     *     another node has this node id.
     */
    CompletionStage<BrokerSession> registerBroker(BrokerStart start);

    /**
     * Changes the ISR of a partition that this broker leads: a compare-and-set on both epochs. The
     * ISR as it is moves the partition's epoch all the same, so that no earlier request made under
     * it can be granted any more, should a copy still be on its way.
     *
     * @param isr node id to the broker epoch that the replica fetched with (its own, for the
     *     leader); this node among them
     * @return the partition as decided, which may have changed more than the ISR: a reassignment
     *     may be complete, and another lead. Fails with InvalidUpdateVersionException (the
     *     partition has moved on: wait for the image), FencedLeaderEpochException (another leads),
     *     IneligibleReplicaException (a member is fenced, shuts down, or has restarted),
     *     UnknownTopicIdException, TimeoutException (unknown: wait for the image, or ask again)
     */
    CompletionStage<MetadataImage.Partition> alterPartition(
            Uuid topicId,
            int partition,
            int leaderEpoch,
            int partitionEpoch,
            Map<Integer, Long> isr);

    /**
     * Elects the preferred leader, or with {@code UNCLEAN} any replica that runs if there is no
     * leader.
     *
     * @return fails with ElectionNotNeededException, PreferredLeaderNotAvailableException,
     *     EligibleLeadersNotAvailableException, UnknownTopicOrPartitionException
     */
    CompletionStage<Void> electLeader(String topic, int partition, ElectionType type);

    /**
     * Begins to move a partition to other replicas; it has moved when all of them are in the ISR.
     *
     * @param replicas the preferred leader first; empty = cancel what is under way
     * @param replicationFactorMayChange else a list of another length is refused
     * @return when it is decided, not when it has moved. Fails with
     *     InvalidReplicaAssignmentException, NoReassignmentInProgressException,
     *     UnknownTopicOrPartitionException, InvalidReplicationFactorException
     */
    CompletionStage<Void> reassign(
            String topic,
            int partition,
            Optional<List<Integer>> replicas,
            boolean replicationFactorMayChange);

    /**
     * Forgets a broker that is gone for good; one that still runs is back when it starts again.
     *
     * @return fails with BrokerIdNotRegisteredException if it is not registered
     */
    CompletionStage<Void> unregisterBroker(int nodeId);

    /**
     * The journal's quorum as its leader sees it now.
     *
     * @return fails with NotLeaderOrFollowerException while there is no leader, or it has changed
     */
    CompletionStage<QuorumState> quorum();

    /**
     * Whether this node's broker, if it has registered, was heard within the session timeout: see
     * {@link BrokerSession#isCurrent}.
     */
    default boolean isCurrent() {
        return true;
    }

    /**
     * Live group state shared through Hazelcast: what lets another node take over a group without a
     * rebalance.
     */
    LiveGroups liveGroups();

    /** For the clustered event bus; completes when the member has started. */
    CompletionStage<HazelcastInstance> hazelcast();

    /** Leaves in order: Hazelcast member, journal (flushed). Idempotent. */
    @Override
    void close();
}
