package dev.millrace.streams;

import dev.millrace.streams.state.HostInfo;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which instances have a key. */
public class KeyQueryMetadata {
    /** While the group rebalances, and before it has begun. */
    public static final KeyQueryMetadata NOT_AVAILABLE =
            new KeyQueryMetadata(HostInfo.unavailable(), Set.of(), -1);

    private final HostInfo activeHost;
    private final Set<HostInfo> standbyHosts;
    private final int partition;

    public KeyQueryMetadata(HostInfo activeHost, Set<HostInfo> standbyHosts, int partition) {
        this.activeHost = activeHost;
        this.standbyHosts = standbyHosts;
        this.partition = partition;
    }

    public HostInfo activeHost() {
        return activeHost;
    }

    public Set<HostInfo> standbyHosts() {
        return standbyHosts;
    }

    /** Of the store. */
    public int partition() {
        return partition;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyQueryMetadata that
                && activeHost.equals(that.activeHost)
                && standbyHosts.equals(that.standbyHosts)
                && partition == that.partition;
    }

    @Override
    public int hashCode() {
        return Objects.hash(activeHost, standbyHosts, partition);
    }

    @Override
    public String toString() {
        return "KeyQueryMetadata {activeHost="
                + activeHost
                + ", standbyHosts="
                + standbyHosts
                + ", partition="
                + partition
                + '}';
    }
}
