package dev.millrace.broker.group;

import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many groups this node coordinates, and the limit on it: a client that makes up a group id for
 * each of its runs must not fill the memory. Any thread.
 */
final class GroupCount {
    private static final Logger log = LoggerFactory.getLogger(GroupCount.class);

    private final int max;
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean told;

    /**
     * @param max {@code millrace.groups.max}
     */
    GroupCount(int max) {
        this.max = max;
    }

    int count() {
        return count.get();
    }

    /** Whether there is room for {@code groupId}; loops that ask at once may pass it by a few. */
    boolean hasRoomFor(String groupId) {
        if (count.get() < max) {
            told = false;
            return true;
        }
        if (!told) {
            told = true;
            log.warn(
                    "new groups such as {} are refused: this node has {}, millrace.groups.max is {};"
                            + " delete unused ones (kafka-consumer-groups --delete), let them expire"
                            + " sooner (offsets.retention.minutes), or raise the limit",
                    groupId,
                    count.get(),
                    max);
        }
        return false;
    }

    void add(int groups) {
        count.addAndGet(groups);
    }
}
