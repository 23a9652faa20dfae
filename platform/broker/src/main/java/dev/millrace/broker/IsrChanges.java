package dev.millrace.broker;

import dev.millrace.broker.replica.IsrProposal;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;

/** Where leaders ask for another ISR. */
interface IsrChanges {
    /**
     * @return completes when the change is in the metadata; fails with INVALID_UPDATE_VERSION,
     *     FENCED_LEADER_EPOCH, INELIGIBLE_REPLICA and the like when it was refused; with any other
     *     failure nobody knows
     */
    CompletionStage<Void> propose(Uuid topicId, int partition, IsrProposal proposal);
}
