package dev.millrace.streams.processor.api;

/** A step of your own that cannot change keys; one instance per task. */
@FunctionalInterface
public interface FixedKeyProcessor<KIn, VIn, VOut> {
    default void init(FixedKeyProcessorContext<KIn, VOut> context) {}

    void process(FixedKeyRecord<KIn, VIn> record);

    default void close() {}
}
