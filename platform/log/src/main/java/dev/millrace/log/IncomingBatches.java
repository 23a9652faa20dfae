package dev.millrace.log;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.ProducerState.Duplicate;
import dev.millrace.log.TxnIndex.AbortedTxn;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.jspecify.annotations.Nullable;

/**
 * Record batches on their way into a log, back to back in {@code records}: one pass over their
 * headers for each thing there is to know or to set.
 */
record IncomingBatches(ByteBuffer records) {

    /** The first that its producer has sent before; null if there is none. */
    @Nullable Duplicate duplicate(ProducerState producers, AppendOrigin origin, AppendTerms terms) {
        RecordBatchView batch = new RecordBatchView();
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            if (batch.wrap(records, at).hasProducerId()) {
                Duplicate duplicate = producers.check(batch, origin, terms);
                if (duplicate != null) {
                    return duplicate;
                }
            }
        }
        return null;
    }

    /**
     * In place.
     *
     * @param appendTimeMs -1 to keep the producer's timestamps
     * @return the offset that follows the last
     */
    long assignOffsets(long baseOffset, int leaderEpoch, long appendTimeMs) {
        RecordBatchView batch = new RecordBatchView();
        long next = baseOffset;
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            batch.wrap(records, at);
            batch.setBaseOffset(next);
            batch.setLeaderEpoch(leaderEpoch);
            if (appendTimeMs != RecordBatchView.NO_TIMESTAMP) {
                batch.setLogAppendTime(appendTimeMs);
            }
            next = batch.nextOffset();
        }
        return next;
    }

    /**
     * Those of epochs up to {@code leaderEpoch}, which a leader of that epoch has sent.
     *
     * @throws CorruptRecordException a frame, a CRC, or an offset that does not follow
     */
    IncomingBatches requireFromLeader(
            TopicPartition topicPartition, long logEndOffset, int leaderEpoch) {
        RecordBatchView batch = new RecordBatchView();
        long next = logEndOffset;
        int end = records.position();
        while (end < records.limit()) {
            batch.wrap(records, end).requireFrame(records.limit()).requireCrc();
            if (batch.leaderEpoch() > leaderEpoch) {
                break;
            }
            if (batch.baseOffset() < next || batch.lastOffsetDelta() < 0) {
                throw new CorruptRecordException(
                        topicPartition
                                + ": the leader sent "
                                + batch
                                + ", but the log ends at "
                                + next);
            }
            next = batch.nextOffset();
            end += batch.sizeBytes();
        }
        return new IncomingBatches(records.duplicate().limit(end));
    }

    boolean isEmpty() {
        return !records.hasRemaining();
    }

    /** The offset that follows the last batch, once offsets are assigned; at least one batch. */
    long nextOffset() {
        RecordBatchView batch = new RecordBatchView();
        long next = -1;
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            next = batch.wrap(records, at).nextOffset();
        }
        return next;
    }

    void noteEpochs(LeaderEpochs epochs) {
        RecordBatchView batch = new RecordBatchView();
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            batch.wrap(records, at);
            epochs.assign(batch.leaderEpoch(), batch.baseOffset());
        }
    }

    /** After they were written to {@code segment}; whether any was of a producer with state. */
    boolean applyTo(ProducerState producers, Segment segment) throws IOException {
        RecordBatchView batch = new RecordBatchView();
        boolean applied = false;
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            batch.wrap(records, at);
            if (batch.hasProducerId()) {
                AbortedTxn aborted = producers.apply(batch);
                if (aborted != null) {
                    segment.txns.append(aborted);
                }
                applied = true;
            }
        }
        return applied;
    }
}
