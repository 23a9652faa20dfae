package dev.millrace.chaos.place;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which directions are cut and which nodes are slow; proxies' threads wait here. Thread safe. */
final class Links {
    private record Link(int from, int to) {}

    private final Set<Link> cut = new HashSet<>();
    private final Map<Integer, Integer> kbitPerSecond = new HashMap<>();

    synchronized void cut(int from, int to) {
        cut.add(new Link(from, to));
    }

    synchronized void slow(int node, int kbit) {
        kbitPerSecond.put(node, kbit);
    }

    synchronized void heal() {
        cut.clear();
        kbitPerSecond.clear();
        notifyAll();
    }

    synchronized void awaitOpen(int from, int to) throws InterruptedException {
        while (cut.contains(new Link(from, to))) {
            wait();
        }
    }

    /** Waits as long as so many bytes take from one to the other. */
    void pass(int from, int to, int bytes) throws InterruptedException {
        awaitOpen(from, to);
        int kbit;
        synchronized (this) {
            kbit =
                    Math.min(
                            kbitPerSecond.getOrDefault(from, Integer.MAX_VALUE),
                            kbitPerSecond.getOrDefault(to, Integer.MAX_VALUE));
        }
        if (kbit < Integer.MAX_VALUE) {
            Thread.sleep(bytes * 8L / kbit);
        }
    }
}
