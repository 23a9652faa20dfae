package dev.millrace.broker.group;

import dev.millrace.broker.group.assignor.PartitionAssignor;
import java.util.Map;

/**
 * What a decision about a consumer group is taken on, beside the group.
 *
 * @param groupConfig what was set for this group, under Kafka's names
 * @param assignmentIntervalMs how long a target of this group stands before the next is made
 * @param assignors by name
 * @param newTopicsVersion version of the metadata with the newest topic: expressions that were
 *     looked up before it may stand for more
 * @param resolving the group's expressions are being looked up
 * @param assigning an assignment of the group is being made elsewhere
 */
record ConsumerSituation(
        Topics topics,
        Map<String, String> groupConfig,
        int assignmentIntervalMs,
        Map<String, PartitionAssignor> assignors,
        long newTopicsVersion,
        boolean resolving,
        boolean assigning,
        long nowMs) {}
