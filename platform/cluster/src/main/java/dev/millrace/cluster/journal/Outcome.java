package dev.millrace.cluster.journal;

/**
 * A request was granted.
 *
 * @param version of the state in which it is done
 * @param reply first producer id of a block; of a heartbeat whether it has ended a fence; 0 for
 *     other requests
 */
public record Outcome(long version, long reply) {}
