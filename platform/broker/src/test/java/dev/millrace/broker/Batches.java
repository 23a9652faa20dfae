package dev.millrace.broker;

import dev.millrace.wire.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Record batches of text. */
final class Batches {
    private Batches() {}

    static ByteBuffer of(String... values) {
        return builder(values).build();
    }

    static RecordBatchBuilder builder(String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (String value : values) {
            builder.append(
                    System.currentTimeMillis(), null, value.getBytes(StandardCharsets.UTF_8));
        }
        return builder;
    }
}
