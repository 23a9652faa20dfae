package dev.millrace.streams.processor.api;

import org.jspecify.annotations.Nullable;

/** A {@link FixedKeyProcessor} that keeps its context. */
public abstract class ContextualFixedKeyProcessor<KIn, VIn, VOut>
        implements FixedKeyProcessor<KIn, VIn, VOut> {
    private @Nullable FixedKeyProcessorContext<KIn, VOut> context;

    protected ContextualFixedKeyProcessor() {}

    @Override
    public void init(FixedKeyProcessorContext<KIn, VOut> context) {
        this.context = context;
    }

    protected final FixedKeyProcessorContext<KIn, VOut> context() {
        if (context == null) {
            throw new IllegalStateException("The processor is not initialised yet");
        }
        return context;
    }
}
