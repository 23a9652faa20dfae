package dev.millrace.cluster.journal;

/** What the journal tells its node, on Ratis' threads: return at once, block never. */
public interface JournalListener {
    /**
     * First of all.
     *
     * @param journalId {@link JournalPeer#id} of this node
     */
    default void identified(String journalId) {}

    /** The state after one more entry, in order; the snapshot's, at start. */
    void applied(MetadataState state);

    /**
     * @param leaderId {@link JournalPeer#id}, empty while there is none
     */
    void leaderChanged(String leaderId);

    /** This node leads and has applied all that was committed before. */
    void leaderReady();

    /** The journal has stopped and cannot go on: disk, or an entry that cannot be read. */
    void failed(Throwable cause);
}
