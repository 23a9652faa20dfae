package dev.millrace.broker.group;

/**
 * How far a member of a consumer group (KIP-848) is on its way to its target assignment.
 *
 * <pre>
 *                 target has fewer                      it no longer owns them
 *   STABLE ------------------------&gt; UNREVOKED ----------------------------------+
 *     ^  |                                                                       v
 *     |  +-- target has more, still owned by others --&gt; UNRELEASED --------------+
 *     +---------------- everything in the target is free ------------------------+
 * </pre>
 */
enum MemberState {
    STABLE(0),
    /** It has been told to give partitions up and keeps its epoch until it has. */
    UNREVOKED_PARTITIONS(1),
    /** It is in the target's epoch, but others have not given up what it shall get. */
    UNRELEASED_PARTITIONS(2),
    /** Written by a newer version: the member must begin anew. */
    UNKNOWN(127);

    private final byte code;

    MemberState(int code) {
        this.code = (byte) code;
    }

    /** As in {@code __consumer_offsets}. */
    byte code() {
        return code;
    }

    static MemberState of(byte code) {
        for (MemberState state : values()) {
            if (state.code == code) {
                return state;
            }
        }
        return UNKNOWN;
    }
}
