package dev.millrace.broker.replica;

import dev.millrace.log.PartitionLog.EpochEndOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A log of numbers with leader epochs, and what a loss of power leaves of it. */
final class SimulatedLog {
    record Entry(int epoch, long value) {}

    private record Start(int epoch, long offset) {}

    private final List<Entry> entries = new ArrayList<>();
    private List<Start> epochs = new ArrayList<>();
    private long flushed;
    long highWatermark;

    long end() {
        return entries.size();
    }

    Entry at(long offset) {
        return entries.get((int) offset);
    }

    List<Entry> from(long offset, int max) {
        return List.copyOf(entries.subList((int) offset, (int) Math.min(end(), offset + max)));
    }

    void beginEpoch(int epoch) {
        if (epoch > latestEpoch()) {
            assign(epoch, end());
        }
    }

    private void assign(int epoch, long offset) {
        epochs =
                new ArrayList<>(
                        epochs.stream().filter(s -> s.epoch < epoch && s.offset < offset).toList());
        epochs.add(new Start(epoch, offset));
    }

    void append(Entry entry) {
        if (entry.epoch > latestEpoch()) {
            assign(entry.epoch, end());
        }
        entries.add(entry);
    }

    int latestEpoch() {
        return epochs.isEmpty() ? -1 : epochs.get(epochs.size() - 1).epoch;
    }

    Optional<EpochEndOffset> endOffsetForEpoch(int epoch) {
        if (epochs.isEmpty() || epoch < 0 || epoch > latestEpoch()) {
            return Optional.empty();
        }
        int found = epoch;
        for (Start start : epochs) {
            if (start.epoch > epoch) {
                return Optional.of(new EpochEndOffset(found, start.offset));
            }
            found = start.epoch;
        }
        return Optional.of(new EpochEndOffset(epoch, end()));
    }

    void truncateTo(long offset) {
        while (entries.size() > offset) {
            entries.remove(entries.size() - 1);
        }
        epochs.removeIf(start -> start.offset >= offset);
        flushed = Math.min(flushed, offset);
        highWatermark = Math.min(highWatermark, offset);
    }

    void flush() {
        flushed = end();
    }

    long flushed() {
        return flushed;
    }
}
