package dev.millrace.log;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordIterator;
import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * What a leader asks of batches before it appends any of them. Frames, CRCs and headers are
 * checked; records are looked at only where a policy needs it, because decompressing them costs
 * more than everything else in an append.
 */
final class AppendValidator {
    private AppendValidator() {}

    /**
     * @return the number of batches
     * @throws org.apache.kafka.common.errors.ApiException the refusal, see {@link
     *     PartitionLog#appendAsLeader}
     */
    static int validate(ByteBuffer records, AppendOrigin origin, LogConfig config, long nowMs) {
        if (!records.hasRemaining()) {
            throw new InvalidRecordException("no record batch; expected at least one");
        }
        if (records.remaining() > config.segmentBytes()) {
            throw new RecordBatchTooLargeException(
                    "append of "
                            + records.remaining()
                            + " bytes is larger than segment.bytes="
                            + config.segmentBytes());
        }
        RecordBatchView batch = new RecordBatchView();
        int limit = records.limit();
        int batches = 0;
        boolean withProducer = false;
        for (int at = records.position(); at < limit; at += batch.sizeBytes()) {
            requireCurrentMagic(records, at);
            batch.wrap(records, at).requireFrame(limit);
            requireSize(batch, config);
            batch.requireCrc();
            requireConsistentHeader(batch, origin);
            requireTimestamps(batch, config, nowMs);
            if (config.cleanupCompact() && !batch.isControl()) {
                requireKeys(batch);
            }
            withProducer |= batch.hasProducerId();
            batches++;
        }
        if (withProducer && batches > 1 && origin == AppendOrigin.CLIENT) {
            throw new InvalidRecordException(
                    "an idempotent producer sends one batch per partition and request, got "
                            + batches);
        }
        return batches;
    }

    private static void requireCurrentMagic(ByteBuffer records, int at) {
        if (records.limit() - at > RecordBatchView.MAGIC) {
            byte magic = records.get(at + RecordBatchView.MAGIC);
            if (magic == 0 || magic == 1) {
                throw new InvalidRecordException(
                        "message format v"
                                + magic
                                + "; expected v2, which clients write since version 0.11");
            }
        }
    }

    static void requireSize(RecordBatchView batch, LogConfig config) {
        if (batch.sizeBytes() > config.maxMessageBytes()) {
            throw new RecordTooLargeException(
                    "record batch of "
                            + batch.sizeBytes()
                            + " bytes is larger than max.message.bytes="
                            + config.maxMessageBytes());
        }
    }

    private static void requireConsistentHeader(RecordBatchView batch, AppendOrigin origin) {
        int count = batch.recordCount();
        if (count <= 0 || batch.lastOffsetDelta() != count - 1) {
            throw new InvalidRecordException(
                    "record batch: last offset delta is "
                            + batch.lastOffsetDelta()
                            + " with "
                            + count
                            + " records; expected at least one, and one offset each");
        }
        if (batch.hasProducerId()) {
            boolean sequenced = batch.baseSequence() >= 0;
            if (batch.producerEpoch() < 0
                    || (!sequenced && !batch.isControl() && isClient(origin))) {
                throw new InvalidRecordException(
                        "record batch of producer "
                                + batch.producerId()
                                + " has epoch "
                                + batch.producerEpoch()
                                + " and sequence "
                                + batch.baseSequence()
                                + "; expected both from 0 on");
            }
        } else if (batch.isTransactional()) {
            throw new InvalidRecordException("transactional record batch without a producer id");
        }
        if (isClient(origin)) {
            if (batch.isControl()) {
                throw new InvalidRecordException("clients may not write control records");
            }
            if (batch.baseOffset() != 0) {
                throw new InvalidRecordException(
                        "base offset of a produced record batch is "
                                + batch.baseOffset()
                                + ", expected 0");
            }
            if (batch.hasLogAppendTime()) {
                throw new InvalidTimestampException(
                        "produced record batch claims a log append time; only the broker sets it");
            }
        }
    }

    private static boolean isClient(AppendOrigin origin) {
        return origin == AppendOrigin.CLIENT;
    }

    private static void requireTimestamps(RecordBatchView batch, LogConfig config, long nowMs) {
        if (config.logAppendTime() || batch.isControl()) {
            return;
        }
        long max = batch.maxTimestamp();
        long base = batch.baseTimestamp();
        if (max == RecordBatchView.NO_TIMESTAMP) {
            return;
        }
        boolean late = max - nowMs > config.timestampAfterMaxMs();
        boolean early =
                base != RecordBatchView.NO_TIMESTAMP
                        && nowMs - base > config.timestampBeforeMaxMs();
        if (late || early) {
            throw timestampErrors(batch, config, nowMs);
        }
    }

    /** The header says that some record is out of bounds; which ones only the records say. */
    private static ApiException timestampErrors(
            RecordBatchView batch, LogConfig config, long nowMs) {
        CollectedErrors errors = new CollectedErrors();
        try (RecordIterator records = batch.records()) {
            for (int i = 0; records.hasNext(); i++) {
                long timestamp = records.next().timestampMs();
                if (timestamp - nowMs > config.timestampAfterMaxMs()) {
                    errors.add(i, ahead(timestamp, nowMs, config));
                } else if (timestamp >= 0 && nowMs - timestamp > config.timestampBeforeMaxMs()) {
                    errors.add(i, behind(timestamp, nowMs, config));
                }
            }
        }
        return errors.isEmpty()
                ? new InvalidTimestampException(
                        "record batch from timestamp %d to %d says more than its records do"
                                .formatted(batch.baseTimestamp(), batch.maxTimestamp()))
                : errors.invalidTimestamps();
    }

    private static String ahead(long timestamp, long nowMs, LogConfig config) {
        return "timestamp %d is %d ms ahead of the broker's clock; message.timestamp.after.max.ms=%d"
                .formatted(timestamp, timestamp - nowMs, config.timestampAfterMaxMs());
    }

    private static String behind(long timestamp, long nowMs, LogConfig config) {
        return "timestamp %d is %d ms behind the broker's clock; message.timestamp.before.max.ms=%d"
                .formatted(timestamp, nowMs - timestamp, config.timestampBeforeMaxMs());
    }

    private static void requireKeys(RecordBatchView batch) {
        CollectedErrors errors = new CollectedErrors();
        try (RecordIterator records = batch.records()) {
            for (int i = 0; records.hasNext(); i++) {
                LogRecord record = records.next();
                if (record.key() == null) {
                    errors.add(i, "no key; the topic is compacted and needs one in every record");
                }
            }
        }
        if (!errors.isEmpty()) {
            throw errors.invalidRecords();
        }
    }
}
