package dev.millrace.streams.processor.api;

/** A processing step of your own; one instance per task, called by the task's thread only. */
@FunctionalInterface
public interface Processor<KIn, VIn, KOut, VOut> {
    default void init(ProcessorContext<KOut, VOut> context) {}

    void process(Record<KIn, VIn> record);

    default void close() {}
}
