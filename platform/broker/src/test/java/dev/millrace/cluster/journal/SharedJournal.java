package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;

/**
 * The journal's rules and state machine for several brokers in one process, without Raft: every
 * request is decided and applied at once, in the order in which they come. Any thread.
 */
public final class SharedJournal {
    private final ClusterRules rules;
    private final List<Consumer<MetadataImage>> followers = new CopyOnWriteArrayList<>();
    private MetadataState state = MetadataState.EMPTY;
    private long index;

    public SharedJournal(String clusterId, ClusterRules rules) {
        this.rules = rules;
        ask(new MetadataRequest.FormatCluster(clusterId));
    }

    public synchronized MetadataImage image() {
        int controller =
                state.brokers().values().stream()
                        .filter(broker -> broker.isActive())
                        .mapToInt(broker -> broker.nodeId())
                        .min()
                        .orElse(-1);
        return state.image(controller);
    }

    /** Called with each image, in order, while the journal is locked: hand it on. */
    public synchronized void follow(Consumer<MetadataImage> follower) {
        followers.add(follower);
        follower.accept(image());
    }

    /**
     * @throws ApiException the refusal
     */
    public synchronized Outcome ask(MetadataRequest request) {
        Decision decision = Decisions.decide(state, request, rules);
        if (decision instanceof Decision.Rejected rejected) {
            throw rejected.error().exception(rejected.message());
        }
        Decision.Accepted accepted = (Decision.Accepted) decision;
        List<MetadataRecord> records = new ArrayList<>(accepted.records());
        if (!records.isEmpty()) {
            index++;
            for (MetadataRecord record : records) {
                state = state.replay(record, index);
            }
            MetadataImage image = image();
            followers.forEach(follower -> follower.accept(image));
        }
        return new Outcome(state.version(), accepted.reply());
    }
}
