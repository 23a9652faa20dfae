package dev.millrace.streams.processor.api;

/** Makes records for tests of fixed key processors. */
public final class InternalFixedKeyRecordFactory {
    private InternalFixedKeyRecordFactory() {}

    public static <KIn, VIn> FixedKeyRecord<KIn, VIn> create(Record<KIn, VIn> record) {
        return new FixedKeyRecord<>(record);
    }
}
