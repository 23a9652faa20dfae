package dev.millrace.streams.processor.api;

/** What a {@link Processor} sees of its task, and where its output goes. */
public interface ProcessorContext<KForward, VForward> extends ProcessingContext {
    /** Hands a record to all children. */
    <K extends KForward, V extends VForward> void forward(Record<K, V> record);

    <K extends KForward, V extends VForward> void forward(Record<K, V> record, String childName);
}
