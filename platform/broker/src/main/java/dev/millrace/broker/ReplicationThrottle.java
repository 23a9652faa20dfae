package dev.millrace.broker;

import java.util.Map;
import java.util.Set;

/**
 * What this broker allows replicas that its topics name as throttled: as their leader, and as their
 * follower. Both are shared by all event loops.
 *
 * @see "KIP-73"
 */
record ReplicationThrottle(ReplicationQuota leaders, ReplicationQuota followers) {
    private static final String LEADER_RATE = "leader.replication.throttled.rate";
    private static final String FOLLOWER_RATE = "follower.replication.throttled.rate";

    /** Settings that can change while the broker runs. */
    static final Set<String> NAMES = Set.of(LEADER_RATE, FOLLOWER_RATE);

    static ReplicationThrottle from(Map<String, String> properties) {
        BrokerSettings.Reader in = new BrokerSettings.Reader(properties);
        int windows = in.number("replication.quota.window.num", 11, 1);
        long windowMs = 1000L * in.number("replication.quota.window.size.seconds", 1, 1);
        ReplicationThrottle made =
                new ReplicationThrottle(
                        new ReplicationQuota(windows, windowMs),
                        new ReplicationQuota(windows, windowMs));
        made.update(properties);
        return made;
    }

    /** Takes over the rates of {@link #NAMES}. */
    void update(Map<String, String> properties) {
        BrokerSettings.Reader in = new BrokerSettings.Reader(properties);
        leaders.limit(in.longNumber(LEADER_RATE, ReplicationQuota.NONE, 0));
        followers.limit(in.longNumber(FOLLOWER_RATE, ReplicationQuota.NONE, 0));
    }
}
