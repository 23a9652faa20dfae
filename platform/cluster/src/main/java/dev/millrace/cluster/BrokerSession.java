package dev.millrace.cluster;

import java.util.Collection;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;

/**
 * A registered broker's life in the cluster: from fenced to unfenced, through controlled shutdown,
 * kept alive by heartbeats that the cluster sends on a thread of its own. A broker fenced because
 * it was not heard in time is unfenced, under the same epoch, as soon as it is heard again.
 */
public interface BrokerSession {

    /** In every request that speaks of this broker as a replica; grows with each registration. */
    long brokerEpoch();

    /**
     * The broker's partitions are what the image of {@code version} says. Once that is as new as
     * its registration, the next heartbeat asks to unfence it. Any thread.
     */
    void caughtUp(long version);

    /** Completes when this broker is unfenced for the first time, and its image shows it. */
    CompletionStage<Void> unfenced();

    /**
     * Whether a heartbeat was answered within the session timeout: if not, another may lead by now
     * what this broker leads. A leader that is its whole ISR acknowledges and serves nothing then.
     * A volatile read; always true for a node that is alone.
     */
    boolean isCurrent();

    /**
     * This broker cannot serve these replicas (their log directory is offline): each leaves its ISR
     * if there are others, and leads no more.
     */
    CompletionStage<Void> replicasOffline(Collection<Replica> replicas);

    /**
     * Hands over what this broker leads and leaves its ISRs (controlled shutdown). Goes on sending
     * heartbeats until the cluster is closed.
     *
     * @return completes when the cluster has decided it and this node's image shows it; fails if
     *     there is no quorum. At once for a node that is alone.
     */
    CompletionStage<Void> shutDown();

    /** A partition of which this broker has a replica. */
    record Replica(Uuid topicId, int partition) {}
}
