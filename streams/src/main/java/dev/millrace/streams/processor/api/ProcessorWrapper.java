package dev.millrace.streams.processor.api;

import dev.millrace.streams.internal.task.WrappedSuppliers;
import java.util.Map;
import org.apache.kafka.common.Configurable;

/**
 * Sees every processor of a topology, those of operators with them, and may put its own around it
 * or add stores to it (KIP-1112). {@code processor.wrapper.class} names it, in the {@code
 * TopologyConfig} that the builder gets.
 *
 * <p>Here operators are wrapped one by one, as processors of any key; the records of tables have
 * the new value, not a pair of the new and the old one. Records must be passed on in the call that
 * brings them.
 */
public interface ProcessorWrapper extends Configurable {
    @Override
    default void configure(Map<String, ?> configs) {}

    <KIn, VIn, KOut, VOut> WrappedProcessorSupplier<KIn, VIn, KOut, VOut> wrapProcessorSupplier(
            String processorName, ProcessorSupplier<KIn, VIn, KOut, VOut> processorSupplier);

    <KIn, VIn, VOut> WrappedFixedKeyProcessorSupplier<KIn, VIn, VOut> wrapFixedKeyProcessorSupplier(
            String processorName, FixedKeyProcessorSupplier<KIn, VIn, VOut> processorSupplier);

    /** Leaves it as it is. */
    static <KIn, VIn, KOut, VOut> WrappedProcessorSupplier<KIn, VIn, KOut, VOut> asWrapped(
            ProcessorSupplier<KIn, VIn, KOut, VOut> processorSupplier) {
        return WrappedSuppliers.of(processorSupplier);
    }

    /** Leaves it as it is. */
    static <KIn, VIn, VOut> WrappedFixedKeyProcessorSupplier<KIn, VIn, VOut> asWrappedFixedKey(
            FixedKeyProcessorSupplier<KIn, VIn, VOut> processorSupplier) {
        return WrappedSuppliers.ofFixedKey(processorSupplier);
    }
}
