package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the two sides of a join by foreign key tell each other.
 *
 * <pre>
 * subscription, keyed by foreign key:
 *   instruction, 1 byte | partition of the row, 4 bytes | has a hash, 1 byte | hash, 16 bytes | key
 * response, keyed by the row's key:
 *   partition of the row, 4 bytes | has a hash, 1 byte | hash, 16 bytes | has a value, 1 byte | value
 * key of the store of subscriptions:
 *   length of the foreign key, 4 bytes | foreign key | key
 * </pre>
 *
 * The hash is that of the row that asked: an answer to a row that has changed since is stale.
 */
final class ForeignKeyFormat {
    static final int HASH_BYTES = 16;
    private static final byte[] NO_HASH = new byte[HASH_BYTES];

    private ForeignKeyFormat() {}

    /** What a subscription asks for. */
    enum Instruction {
        DELETE_SILENTLY(0),
        DELETE_AND_TELL(1),
        TELL_ALWAYS(2),
        TELL_IF_FOUND(3);

        private final byte code;

        Instruction(int code) {
            this.code = (byte) code;
        }

        private static Instruction of(byte code) {
            for (Instruction each : values()) {
                if (each.code == code) {
                    return each;
                }
            }
            throw new StreamsException("A subscription begins with 0 to 3, not with " + code);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // bytes on their way, never compared
    record Subscription(
            Instruction instruction, int partition, byte @Nullable [] hash, byte[] key) {
        byte[] encode() {
            return ByteBuffer.allocate(6 + HASH_BYTES + key.length)
                    .put(instruction.code)
                    .putInt(partition)
                    .put((byte) (hash == null ? 0 : 1))
                    .put(hash == null ? NO_HASH : hash)
                    .put(key)
                    .array();
        }

        static Subscription decode(byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            Instruction instruction = Instruction.of(in.get());
            int partition = in.getInt();
            byte[] hash = readHash(in);
            byte[] key = new byte[in.remaining()];
            in.get(key);
            return new Subscription(instruction, partition, hash, key);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // bytes on their way, never compared
    record Response(int partition, byte @Nullable [] hash, byte @Nullable [] value) {
        byte[] encode() {
            int length = value == null ? 0 : value.length;
            ByteBuffer out =
                    ByteBuffer.allocate(6 + HASH_BYTES + length)
                            .putInt(partition)
                            .put((byte) (hash == null ? 0 : 1))
                            .put(hash == null ? NO_HASH : hash)
                            .put((byte) (value == null ? 0 : 1));
            if (value != null) {
                out.put(value);
            }
            return out.array();
        }

        static Response decode(byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            int partition = in.getInt();
            byte[] hash = readHash(in);
            boolean present = in.get() == 1;
            byte[] value = new byte[in.remaining()];
            in.get(value);
            return new Response(partition, hash, present ? value : null);
        }
    }

    private static byte @Nullable [] readHash(ByteBuffer in) {
        boolean present = in.get() == 1;
        byte[] hash = new byte[HASH_BYTES];
        in.get(hash);
        return present ? hash : null;
    }

    /** The partition in which the row that is answered lives. */
    static int partitionOfResponse(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getInt();
    }

    static byte[] prefix(byte[] foreignKey) {
        return ByteBuffer.allocate(4 + foreignKey.length)
                .putInt(foreignKey.length)
                .put(foreignKey)
                .array();
    }

    static byte[] storeKey(byte[] foreignKey, byte[] key) {
        byte[] prefix = prefix(foreignKey);
        byte[] all = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, all, prefix.length, key.length);
        return all;
    }

    static byte[] keyOfStoreKey(byte[] storeKey) {
        int length = ByteBuffer.wrap(storeKey).getInt();
        return Arrays.copyOfRange(storeKey, 4 + length, storeKey.length);
    }

    static byte[] hash(byte[] value) {
        try {
            return MessageDigest.getInstance("MD5").digest(value);
        } catch (NoSuchAlgorithmException e) {
            throw new StreamsException("Every JDK has MD5", e);
        }
    }
}
