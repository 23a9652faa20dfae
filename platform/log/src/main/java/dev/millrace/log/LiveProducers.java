package dev.millrace.log;

import dev.millrace.wire.record.RecordBatchView;
import java.util.HashMap;
import java.util.Map;

/**
 * The last batch of each producer that is still remembered. Cleaning keeps them, empty if need be:
 * who recovers the log finds the producers' sequences and epochs in them.
 */
public final class LiveProducers {
    /** Nobody. */
    public static final LiveProducers NONE = new LiveProducers(Map.of());

    /**
     * @param lastOffset of the last batch of data; -1 if the producer's epoch has only a marker
     */
    private record Last(long lastOffset, short epoch) {}

    private final Map<Long, Last> byProducer;

    private LiveProducers(Map<Long, Last> byProducer) {
        this.byProducer = byProducer;
    }

    static LiveProducers of(ProducerState state) {
        if (state.entries().isEmpty()) {
            return NONE;
        }
        Map<Long, Last> last = new HashMap<>();
        for (ProducerEntry entry : state.entries()) {
            last.put(entry.producerId, new Last(entry.lastOffset(), entry.epoch));
        }
        return new LiveProducers(last);
    }

    /** Whether a producer needs the batch to be found again. */
    boolean need(RecordBatchView batch) {
        if (!batch.hasProducerId()) {
            return false;
        }
        Last last = byProducer.get(batch.producerId());
        if (last == null) {
            return false;
        }
        return last.lastOffset >= 0
                ? last.lastOffset == batch.lastOffset()
                : batch.isControl() && last.epoch == batch.producerEpoch();
    }
}
