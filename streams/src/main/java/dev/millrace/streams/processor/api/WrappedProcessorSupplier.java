package dev.millrace.streams.processor.api;

/** What a {@link ProcessorWrapper} made of a supplier. */
@FunctionalInterface
public interface WrappedProcessorSupplier<KIn, VIn, KOut, VOut>
        extends ProcessorSupplier<KIn, VIn, KOut, VOut> {}
