package dev.millrace.broker.txn;

import java.util.concurrent.atomic.AtomicInteger;

/** Transactional ids of all shards of this node, against their limit. Any thread. */
final class TxnCount {
    private final int max;
    private final AtomicInteger ids = new AtomicInteger();

    TxnCount(int max) {
        this.max = max;
    }

    boolean hasRoom() {
        return ids.get() < max;
    }

    void add(int change) {
        ids.addAndGet(change);
    }

    int ids() {
        return ids.get();
    }
}
