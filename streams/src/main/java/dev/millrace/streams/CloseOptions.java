package dev.millrace.streams;

import java.time.Duration;

/** How {@link KafkaStreams#close(CloseOptions)} ends an instance. */
public final class CloseOptions {
    private static final Duration UNLIMITED = Duration.ofMillis(Long.MAX_VALUE);

    /** What becomes of the place in the group. */
    public enum GroupMembershipOperation {
        /** The tasks go to others at once, also those of a static member. */
        LEAVE_GROUP,
        /**
         * A static member ({@code group.instance.id}) keeps its place and finds its tasks again if
         * it is back before the session times out; another one leaves.
         */
        REMAIN_IN_GROUP
    }

    private final Duration timeout;
    private final GroupMembershipOperation operation;

    private CloseOptions(Duration timeout, GroupMembershipOperation operation) {
        this.timeout = timeout;
        this.operation = operation;
    }

    /** With a longest wait, remaining in the group. */
    public static CloseOptions timeout(Duration timeout) {
        return new CloseOptions(timeout, GroupMembershipOperation.REMAIN_IN_GROUP);
    }

    /** Without a longest wait. */
    public static CloseOptions groupMembershipOperation(GroupMembershipOperation operation) {
        return new CloseOptions(UNLIMITED, operation);
    }

    public CloseOptions withTimeout(Duration timeout) {
        return new CloseOptions(timeout, operation);
    }

    public CloseOptions withGroupMembershipOperation(GroupMembershipOperation operation) {
        return new CloseOptions(timeout, operation);
    }

    Duration timeout() {
        return timeout;
    }

    boolean leavesGroup() {
        return operation == GroupMembershipOperation.LEAVE_GROUP;
    }
}
