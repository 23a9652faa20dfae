package dev.millrace.streams.processor.api;

/** What a {@link ProcessorWrapper} made of a supplier. */
@FunctionalInterface
public interface WrappedFixedKeyProcessorSupplier<KIn, VIn, VOut>
        extends FixedKeyProcessorSupplier<KIn, VIn, VOut> {}
