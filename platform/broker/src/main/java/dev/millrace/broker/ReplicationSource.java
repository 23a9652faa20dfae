package dev.millrace.broker;

/**
 * Brings what a leader has into the logs of partitions that follow it. Called on the partition's
 * owner, which is also where it appends.
 */
interface ReplicationSource {
    /** Where nobody is followed. */
    ReplicationSource NONE =
            new ReplicationSource() {
                @Override
                public void follow(Partition partition, int leaderId, int leaderEpoch) {
                    // A single node follows nobody.
                }

                @Override
                public void stop(Partition partition) {
                    // It never began.
                }
            };

    /** From this leader from now on, and from no other. */
    void follow(Partition partition, int leaderId, int leaderEpoch);

    /** From nobody. Nothing is appended any more when this returns. */
    void stop(Partition partition);
}
