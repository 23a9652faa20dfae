package dev.millrace.sql.exec;

import dev.millrace.sql.row.RecordDecoder;
import dev.millrace.sql.row.Row;
import dev.millrace.streams.processor.api.ContextualProcessor;
import dev.millrace.streams.processor.api.Record;

/** Puts time, partition and offset of the source record into its row. */
final class MetadataProcessor extends ContextualProcessor<byte[], Row, byte[], Row> {
    private final RecordDecoder decoder;

    MetadataProcessor(RecordDecoder decoder) {
        this.decoder = decoder;
    }

    @Override
    public void process(Record<byte[], Row> record) {
        Row row = record.value();
        if (row != null) {
            context()
                    .recordMetadata()
                    .ifPresent(
                            metadata ->
                                    decoder.withMetadata(
                                            row,
                                            record.timestamp(),
                                            metadata.partition(),
                                            metadata.offset()));
        }
        context().forward(record);
    }
}
