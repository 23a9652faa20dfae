package dev.millrace.connect.record;

import dev.millrace.connect.plugin.Plugin;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.jspecify.annotations.Nullable;

/** The transformations of one task, in the order of the setting {@code transforms}. */
public final class TransformChain<R extends ConnectRecord<R>> implements AutoCloseable {

    /**
     * @param predicate applies the transformation only to records for which it is true
     * @param negate only to those for which it is false
     */
    public record Step<R extends ConnectRecord<R>>(
            Plugin<Transformation<R>> transformation,
            @Nullable Plugin<Predicate<R>> predicate,
            boolean negate) {

        @Nullable R apply(R record) {
            if (predicate != null) {
                Plugin.Swap swap = predicate.enter();
                try {
                    if (predicate.instance().test(record) == negate) {
                        return record;
                    }
                } finally {
                    swap.close();
                }
            }
            Plugin.Swap swap = transformation.enter();
            try {
                return transformation.instance().apply(record);
            } finally {
                swap.close();
            }
        }
    }

    /** Lets a step of the chain give nothing without giving null to the error policy. */
    private record Result<R>(@Nullable R record) {}

    private final List<Step<R>> steps;

    public TransformChain(List<Step<R>> steps) {
        this.steps = List.copyOf(steps);
    }

    /**
     * @return null if a transformation dropped the record
     */
    public @Nullable R apply(
            ErrorPolicy errors, R record, @Nullable ConsumerRecord<byte[], byte[]> raw)
            throws SkippedRecord {
        R current = record;
        for (Step<R> step : steps) {
            R input = current;
            Result<R> result =
                    errors.run(
                            Stage.TRANSFORMATION,
                            step.transformation.instance().getClass(),
                            record,
                            raw,
                            () -> new Result<>(step.apply(input)));
            if (result.record == null) {
                return null;
            }
            current = result.record;
        }
        return current;
    }

    @Override
    public void close() {
        for (Step<R> step : steps) {
            step.transformation.instance().close();
            if (step.predicate != null) {
                step.predicate.instance().close();
            }
        }
    }
}
