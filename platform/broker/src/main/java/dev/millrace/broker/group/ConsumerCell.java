package dev.millrace.broker.group;

import java.util.HashMap;
import java.util.Map;

/** A consumer group of a shard, and what only its current coordinator knows of it. */
final class ConsumerCell {
    final ConsumerGroup group;

    /** By member id. */
    private final Map<String, Clock> clocks = new HashMap<>();

    /** Its expressions are being looked up. */
    boolean resolving;

    /** An assignment is being made elsewhere. */
    boolean assigning;

    ConsumerCell(ConsumerGroup group) {
        this.group = group;
    }

    /** When a member is given up unless it is heard of; {@link Group#NEVER} where nothing runs. */
    static final class Clock {
        long sessionEndsMs = Group.NEVER;

        /** It must have given partitions up by then, or at least be in another epoch. */
        long revocationEndsMs = Group.NEVER;

        int revocationEpoch;

        /** A classic member was told to join again. */
        long joinEndsMs = Group.NEVER;

        /** A classic member has joined and must ask for its assignment. */
        long syncEndsMs = Group.NEVER;

        long nextMs() {
            return Math.min(
                    Math.min(sessionEndsMs, revocationEndsMs), Math.min(joinEndsMs, syncEndsMs));
        }
    }

    Clock clock(String memberId) {
        return clocks.computeIfAbsent(memberId, id -> new Clock());
    }

    void forgetFormerMembers() {
        clocks.keySet().removeIf(memberId -> group.member(memberId) == null);
    }

    long nextDeadlineMs() {
        long next = Group.NEVER;
        for (Clock clock : clocks.values()) {
            next = Math.min(next, clock.nextMs());
        }
        return next;
    }
}
