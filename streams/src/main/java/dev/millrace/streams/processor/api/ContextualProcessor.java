package dev.millrace.streams.processor.api;

/** A {@link Processor} that keeps its context. */
public abstract class ContextualProcessor<KIn, VIn, KOut, VOut>
        implements Processor<KIn, VIn, KOut, VOut> {
    private @org.jspecify.annotations.Nullable ProcessorContext<KOut, VOut> context;

    protected ContextualProcessor() {}

    @Override
    public void init(ProcessorContext<KOut, VOut> context) {
        this.context = context;
    }

    protected final ProcessorContext<KOut, VOut> context() {
        if (context == null) {
            throw new IllegalStateException("The processor is not initialised yet");
        }
        return context;
    }
}
