/**
 * What a leader thinks of its followers, and a follower of its leader: rules without a clock, a
 * disk or a network, so that a simulator can drive them. Numbers of rules are those of {@link
 * dev.millrace.broker.replica.LeaderState}.
 */
@NullMarked
package dev.millrace.broker.replica;

import org.jspecify.annotations.NullMarked;
