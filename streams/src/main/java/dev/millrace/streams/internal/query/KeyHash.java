package dev.millrace.streams.internal.query;

/** The partition that Kafka's producers choose for a key: MurmurHash2 of its bytes. */
public final class KeyHash {
    private static final int SEED = 0x9747b28c;
    private static final int MULTIPLIER = 0x5bd1e995;

    private KeyHash() {}

    public static int partition(byte[] key, int partitions) {
        return (murmur2(key) & Integer.MAX_VALUE) % partitions;
    }

    private static int murmur2(byte[] bytes) {
        int hash = SEED ^ bytes.length;
        int whole = bytes.length & ~3;
        for (int i = 0; i < whole; i += 4) {
            int block =
                    (bytes[i] & 0xff)
                            | ((bytes[i + 1] & 0xff) << 8)
                            | ((bytes[i + 2] & 0xff) << 16)
                            | ((bytes[i + 3] & 0xff) << 24);
            block *= MULTIPLIER;
            block ^= block >>> 24;
            block *= MULTIPLIER;
            hash = (hash * MULTIPLIER) ^ block;
        }
        if (whole < bytes.length) {
            for (int i = bytes.length - 1; i >= whole; i--) {
                hash ^= (bytes[i] & 0xff) << (8 * (i - whole));
            }
            hash *= MULTIPLIER;
        }
        hash ^= hash >>> 13;
        hash *= MULTIPLIER;
        return hash ^ (hash >>> 15);
    }
}
