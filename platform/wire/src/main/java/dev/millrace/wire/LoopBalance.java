package dev.millrace.wire;

import io.vertx.core.internal.ContextInternal;
import java.util.List;

/**
 * Connections of each event loop: who comes is spread over all of them, and no loop takes over many
 * more than its share. Any thread.
 */
final class LoopBalance {
    /** So many more than the average: where there are few connections, all may be on one loop. */
    private static final int MORE_THAN_SHARE = 8;

    /** 2^64 divided by the golden ratio: its multiples are spread evenly, and so is every nth. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final List<ContextInternal> loops;
    private final int[] connections;
    private int total;

    LoopBalance(List<ContextInternal> loops) {
        this.loops = List.copyOf(loops);
        this.connections = new int[loops.size()];
    }

    /**
     * The loop of a new connection. Not simply the next one: most clients open two connections and
     * use the second, so that one of two loops would have all the work.
     */
    synchronized ContextInternal place(long connectionId) {
        int loop = (int) ((((connectionId * SPREAD) >>> 32) * loops.size()) >>> 32);
        connections[loop]++;
        total++;
        return loops.get(loop);
    }

    /** Whether a connection may go from one loop to another; counted there if so. */
    synchronized boolean moves(ContextInternal from, ContextInternal to) {
        int target = loops.indexOf(to);
        if (target < 0 || connections[target] >= total / loops.size() + MORE_THAN_SHARE) {
            return false;
        }
        connections[loops.indexOf(from)]--;
        connections[target]++;
        return true;
    }

    synchronized void left(ContextInternal loop) {
        connections[loops.indexOf(loop)]--;
        total--;
    }

    synchronized int connections(ContextInternal loop) {
        return connections[loops.indexOf(loop)];
    }
}
