package dev.millrace.streams.internal.store;

import java.util.ArrayList;
import java.util.List;

/**
 * Memory that the combining caches of one thread share: {@code statestore.cache.max.bytes} divided
 * by the number of threads. Over it, the largest cache is written out.
 */
public final class CacheBudget {
    private final long maxBytes;
    private final List<RowStore> stores = new ArrayList<>();
    private long usedBytes;

    public CacheBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    void add(RowStore store) {
        stores.add(store);
    }

    public void remove(RowStore store) {
        if (stores.remove(store)) {
            usedBytes -= store.cacheBytes();
        }
    }

    void grow(long bytes) {
        usedBytes += bytes;
    }

    void check() {
        if (usedBytes > maxBytes) {
            RowStore largest = stores.get(0);
            for (RowStore store : stores) {
                if (store.cacheBytes() > largest.cacheBytes()) {
                    largest = store;
                }
            }
            largest.flushAndClear();
        }
    }
}
