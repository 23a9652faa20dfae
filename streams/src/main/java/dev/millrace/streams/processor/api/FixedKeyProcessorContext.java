package dev.millrace.streams.processor.api;

/** What a {@link FixedKeyProcessor} sees of its task, and where its output goes. */
public interface FixedKeyProcessorContext<KForward, VForward> extends ProcessingContext {
    /** Hands a record to all children. */
    <K extends KForward, V extends VForward> void forward(FixedKeyRecord<K, V> record);

    <K extends KForward, V extends VForward> void forward(
            FixedKeyRecord<K, V> record, String childName);
}
