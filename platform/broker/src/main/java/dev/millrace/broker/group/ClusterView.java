package dev.millrace.broker.group;

import dev.millrace.broker.group.assignor.PartitionAssignor;
import io.vertx.core.Future;
import java.util.Map;
import java.util.concurrent.Callable;

/** What groups in which the server assigns need of the broker they live in. */
interface ClusterView {
    /** As of now. */
    Topics topics();

    /** What was set for the group, under Kafka's names. */
    Map<String, String> groupConfig(String groupId);

    /** {@code group.consumer.assignment.interval.ms} as of now. */
    int assignmentIntervalMs();

    /** By name. */
    Map<String, PartitionAssignor> assignors();

    /** Runs {@code work} where it may take its time; completes on the caller's loop. */
    <T> Future<T> offload(Callable<T> work);
}
