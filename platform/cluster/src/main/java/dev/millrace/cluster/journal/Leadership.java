package dev.millrace.cluster.journal;

/** Who leads the journal, as this node knows; any thread. */
final class Leadership {
    static final String NONE = "";

    private volatile String leaderId = NONE;
    private volatile int reigns;

    /**
     * @param newLeaderId {@link JournalPeer#id}, or {@link #NONE}
     */
    void changed(String newLeaderId) {
        leaderId = newLeaderId;
    }

    /** This node leads, once more. */
    synchronized void ready() {
        reigns = reigns + 1;
    }

    String leaderId() {
        return leaderId;
    }

    /** How often this node has begun to lead. */
    int reigns() {
        return reigns;
    }
}
