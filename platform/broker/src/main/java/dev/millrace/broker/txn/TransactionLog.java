package dev.millrace.broker.txn;

import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import dev.millrace.wire.record.RecordIterator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of {@code __transaction_state}, byte for byte Kafka's, so that its tools and a
 * broker of Apache's read ours and we read theirs. Big-endian; {@code string} is an int16 length
 * with UTF-8.
 *
 * <pre>
 * key      int16 0 | transactional id string
 * value    int16 version
 *   0      producer id int64 | epoch int16 | timeout ms int32 | state int8
 *          | topics int32 (-1 in state EMPTY), each: name string | partitions int32, each int32
 *          | update time int64 | start time int64
 *   1      as 0, with compact strings and arrays, and tagged fields after each struct; of the value:
 *          0 = previous producer id int64 | 1 = next producer id int64
 *          | 2 = transaction version of the client int16 | 3 = next epoch int16 (not written)
 * </pre>
 *
 * A record without a value is a tombstone: the id has expired.
 */
final class TransactionLog {
    static final short VERSION_0 = 0;
    static final short VERSION_1 = 1;

    private static final short KEY_KIND = 0;
    private static final int PREVIOUS_TAG = 0;
    private static final int NEXT_TAG = 1;
    private static final int CLIENT_VERSION_TAG = 2;

    /** Fields of fixed size, counts and tags. */
    private static final int FIXED_BYTES = 128;

    /** A tombstone batch is closed once it has grown to this. */
    private static final int BATCH_BYTES = 256 * 1024;

    private TransactionLog() {}

    /** As Kafka places transactional ids. */
    static int partitionOf(String transactionalId, int partitions) {
        int hash = transactionalId.hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions;
    }

    // ---- writing

    static ByteBuffer batch(Transaction txn, short valueVersion, long nowMs) {
        return new RecordBatchBuilder()
                .append(nowMs, key(txn.id()), value(txn, valueVersion))
                .build();
    }

    /** One or more batches, back to back. */
    static ByteBuffer tombstones(List<String> ids, long nowMs) {
        List<ByteBuffer> batches = new ArrayList<>(1);
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (String id : ids) {
            if (builder.recordCount() > 0 && builder.estimatedSizeBytes() >= BATCH_BYTES) {
                batches.add(builder.build());
                builder = new RecordBatchBuilder();
            }
            builder.append(nowMs, key(id), null);
        }
        batches.add(builder.build());
        ByteBuffer all =
                ByteBuffer.allocate(batches.stream().mapToInt(ByteBuffer::remaining).sum());
        batches.forEach(all::put);
        return all.flip();
    }

    static byte[] key(String transactionalId) {
        byte[] id = utf8(transactionalId);
        return ByteBuffer.allocate(4 + id.length)
                .putShort(KEY_KIND)
                .putShort((short) id.length)
                .put(id)
                .array();
    }

    static byte[] value(Transaction txn, short version) {
        Map<String, List<Integer>> topics = byTopic(txn.partitions());
        int size = FIXED_BYTES;
        for (Map.Entry<String, List<Integer>> topic : topics.entrySet()) {
            size += 16 + 3 * topic.getKey().length() + 4 * topic.getValue().size();
        }
        ByteBuffer bytes = ByteBuffer.allocate(size);
        ByteBufferAccessor out = new ByteBufferAccessor(bytes);
        boolean flexible = version >= VERSION_1;
        out.writeShort(version);
        out.writeLong(txn.producerId());
        out.writeShort(txn.epoch());
        out.writeInt(txn.timeoutMs());
        out.writeByte(txn.state().id());
        int count = txn.state() == TransactionState.EMPTY ? -1 : topics.size();
        writeCount(out, flexible, count);
        if (count >= 0) {
            topics.forEach((name, partitions) -> writeTopic(out, flexible, name, partitions));
        }
        out.writeLong(txn.updateMs());
        out.writeLong(txn.startMs());
        if (flexible) {
            writeTags(out, txn);
        }
        byte[] written = new byte[bytes.position()];
        bytes.flip().get(written);
        return written;
    }

    private static Map<String, List<Integer>> byTopic(Set<TopicPartition> partitions) {
        Map<String, List<Integer>> topics = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            topics.computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                    .add(partition.partition());
        }
        topics.values().forEach(numbers -> numbers.sort(null));
        return topics;
    }

    private static void writeTopic(
            ByteBufferAccessor out, boolean flexible, String name, List<Integer> partitions) {
        byte[] bytes = utf8(name);
        if (flexible) {
            out.writeUnsignedVarint(bytes.length + 1);
        } else {
            out.writeShort((short) bytes.length);
        }
        out.writeByteArray(bytes);
        writeCount(out, flexible, partitions.size());
        partitions.forEach(out::writeInt);
        if (flexible) {
            out.writeUnsignedVarint(0);
        }
    }

    private static void writeCount(ByteBufferAccessor out, boolean flexible, int count) {
        if (flexible) {
            out.writeUnsignedVarint(count + 1);
        } else {
            out.writeInt(count);
        }
    }

    private static void writeTags(ByteBufferAccessor out, Transaction txn) {
        boolean previous = txn.previousProducerId() != Transaction.NONE;
        boolean next = txn.nextProducerId() != Transaction.NONE;
        boolean clientVersion = txn.version() != 0;
        out.writeUnsignedVarint((previous ? 1 : 0) + (next ? 1 : 0) + (clientVersion ? 1 : 0));
        if (previous) {
            out.writeUnsignedVarint(PREVIOUS_TAG);
            out.writeUnsignedVarint(Long.BYTES);
            out.writeLong(txn.previousProducerId());
        }
        if (next) {
            out.writeUnsignedVarint(NEXT_TAG);
            out.writeUnsignedVarint(Long.BYTES);
            out.writeLong(txn.nextProducerId());
        }
        if (clientVersion) {
            out.writeUnsignedVarint(CLIENT_VERSION_TAG);
            out.writeUnsignedVarint(Short.BYTES);
            out.writeShort(txn.version());
        }
    }

    // ---- reading

    /** What replay tells of each record, in order. */
    interface Replay {
        /**
         * @param txn null for a tombstone
         */
        void replay(String transactionalId, @Nullable Transaction txn);
    }

    /** Control batches, and records of kinds and versions from the future, are passed over. */
    static void forEach(ByteBuffer batches, Replay replay) {
        for (RecordBatchView batch : RecordBatches.in(batches)) {
            if (batch.isControl()) {
                continue;
            }
            try (RecordIterator records = batch.records()) {
                while (records.hasNext()) {
                    LogRecord record = records.next();
                    ByteBuffer key = record.key();
                    if (key != null) {
                        read(key, record.value(), replay);
                    }
                }
            }
        }
    }

    /**
     * @throws CorruptRecordException if the bytes end early or a field makes no sense
     */
    static void read(ByteBuffer keyBytes, @Nullable ByteBuffer valueBytes, Replay replay) {
        try {
            ByteBufferAccessor key = new ByteBufferAccessor(keyBytes.duplicate());
            if (key.readShort() != KEY_KIND) {
                return;
            }
            String id = key.readString(key.readShort());
            if (valueBytes == null) {
                replay.replay(id, null);
                return;
            }
            ByteBufferAccessor value = new ByteBufferAccessor(valueBytes.duplicate());
            short version = value.readShort();
            if (version == VERSION_0 || version == VERSION_1) {
                replay.replay(id, readValue(id, value, version >= VERSION_1));
            }
        } catch (CorruptRecordException e) {
            throw e;
        } catch (RuntimeException e) {
            // What the readers throw where a length exceeds the bytes.
            throw new CorruptRecordException("a record of the transaction log: " + e, e);
        }
    }

    private static Transaction readValue(String id, ByteBufferAccessor in, boolean flexible) {
        long producerId = in.readLong();
        short epoch = in.readShort();
        int timeoutMs = in.readInt();
        byte stateId = in.readByte();
        TransactionState state =
                TransactionState.ofId(stateId)
                        .orElseThrow(
                                () ->
                                        new CorruptRecordException(
                                                "transactional id "
                                                        + id
                                                        + " has state "
                                                        + stateId
                                                        + ", expected 0 to 7"));
        Set<TopicPartition> partitions = new LinkedHashSet<>();
        int topics = readCount(in, flexible);
        for (int i = 0; i < topics; i++) {
            String name =
                    in.readString(flexible ? in.readUnsignedVarint() - 1 : (int) in.readShort());
            int count = readCount(in, flexible);
            for (int j = 0; j < count; j++) {
                partitions.add(new TopicPartition(name, in.readInt()));
            }
            if (flexible) {
                skipTags(in);
            }
        }
        long updateMs = in.readLong();
        long startMs = in.readLong();
        long previous = Transaction.NONE;
        long next = Transaction.NONE;
        short clientVersion = 0;
        int tags = flexible ? in.readUnsignedVarint() : 0;
        for (int i = 0; i < tags; i++) {
            int tag = in.readUnsignedVarint();
            int size = in.readUnsignedVarint();
            switch (tag) {
                case PREVIOUS_TAG -> previous = in.readLong();
                case NEXT_TAG -> next = in.readLong();
                case CLIENT_VERSION_TAG -> clientVersion = in.readShort();
                default -> in.readArray(size);
            }
        }
        return new Transaction(
                id,
                producerId,
                previous,
                next,
                epoch,
                Transaction.NO_EPOCH,
                timeoutMs,
                state,
                partitions,
                startMs,
                updateMs,
                clientVersion);
    }

    private static int readCount(ByteBufferAccessor in, boolean flexible) {
        return flexible ? in.readUnsignedVarint() - 1 : in.readInt();
    }

    private static void skipTags(ByteBufferAccessor in) {
        int tags = in.readUnsignedVarint();
        for (int i = 0; i < tags; i++) {
            in.readUnsignedVarint();
            in.readArray(in.readUnsignedVarint());
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
