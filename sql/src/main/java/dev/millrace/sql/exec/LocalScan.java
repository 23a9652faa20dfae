package dev.millrace.sql.exec;

import dev.millrace.sql.plan.PlanNode;
import dev.millrace.sql.row.RecordDecoder;
import dev.millrace.sql.row.Row;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;

/** The records of one topic going into a plan, as a stream or as a table. */
final class LocalScan {
    private final PlanNode.Scan scan;
    private final RecordDecoder decoder;
    private final Changes out;
    private final LocalOperators.Latest latest;
    private long skipped;

    LocalScan(PlanNode.Scan scan, LocalOperators.Budget budget, Changes out) {
        this.scan = scan;
        this.decoder = new RecordDecoder(scan.relation(), scan.wanted());
        this.out = out;
        this.latest = new LocalOperators.Latest(budget, out);
    }

    String topic() {
        return scan.relation().topic();
    }

    boolean table() {
        return scan.table();
    }

    /** Records that were not what the relation's format says. */
    long skipped() {
        return skipped;
    }

    void record(ConsumerRecord<byte[], byte[]> record) throws InterruptedException {
        Row row;
        try {
            row = decoder.deserialize(record.topic(), record.value());
        } catch (SerializationException e) {
            skipped++;
            return;
        }
        if (row != null) {
            decoder.withKey(record.key(), row);
            decoder.withMetadata(row, record.timestamp(), record.partition(), record.offset());
        }
        if (!scan.table()) {
            // A tombstone is no row of a stream.
            if (row != null) {
                out.change(null, row);
            }
        } else if (record.key() != null) {
            latest.put(Row.of((Object) record.key()), row);
        }
    }

    void flush(boolean end) throws InterruptedException {
        if (scan.table()) {
            latest.flush(end);
        } else {
            out.flush(end);
        }
    }
}
