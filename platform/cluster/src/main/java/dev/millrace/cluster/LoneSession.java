package dev.millrace.cluster;

import dev.millrace.cluster.journal.MetadataRequest;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Of a node that is alone: unfenced from the start, and nobody waits for its heartbeats. */
record LoneSession(
        int nodeId, long brokerEpoch, Function<MetadataRequest, CompletionStage<Void>> journal)
        implements BrokerSession {
    @Override
    public void caughtUp(long version) {}

    @Override
    public CompletionStage<Void> unfenced() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public boolean isCurrent() {
        return true;
    }

    @Override
    public CompletionStage<Void> replicasOffline(Collection<Replica> replicas) {
        return journal.apply(
                new MetadataRequest.ReplicasOffline(nodeId, brokerEpoch, List.copyOf(replicas)));
    }

    @Override
    public CompletionStage<Void> shutDown() {
        return CompletableFuture.completedFuture(null);
    }
}
