package dev.millrace.cluster;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

final class JournaledCluster {
    private JournaledCluster() {}

    static CompletionStage<Cluster> start(ClusterConfig config) {
        return CompletableFuture.failedFuture(
                new ClusterStartException("The journal in " + config.directory() + " cannot open"));
    }
}
