package dev.millrace.broker.replica;

import java.util.Map;

/**
 * A set of in-sync replicas that a leader asks the cluster for. It is made if nothing has changed
 * the partition since {@code partitionEpoch}.
 *
 * @param isr node ids with broker epochs: of those who join, the one under which they have fetched.
 *     The cluster refuses a broker that has started anew since, because it may have lost what made
 *     it join (KIP-903)
 */
public record IsrProposal(int leaderEpoch, int partitionEpoch, Map<Integer, Long> isr) {}
