package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a cleaner may do to the files of the log it cleans. Each step holds the lock that also
 * truncation, closing and deletion take, and ends with {@link CleaningAbortedException} if one of
 * them has come before it.
 */
final class CleaningSite {
    private final Disk disk;
    private final Path folder;
    private final SegmentChain chain;
    private final Clock clock;
    private final TailCache cache;
    private final Object lock;
    private final BooleanSupplier unusable;
    private final BooleanSupplier stopped;
    private final int truncations;
    private final Segment[] segments;

    /**
     * @param lock of the log's files
     * @param unusable the log is closed, deleted or has failed
     * @param stopped the cleaner is asked to end
     */
    CleaningSite(
            Disk disk,
            Path folder,
            Clock clock,
            SegmentChain chain,
            TailCache cache,
            Object lock,
            BooleanSupplier unusable,
            BooleanSupplier stopped) {
        this.disk = disk;
        this.folder = folder;
        this.clock = clock;
        this.chain = chain;
        this.cache = cache;
        this.lock = lock;
        this.unusable = unusable;
        this.stopped = stopped;
        // In this order: a truncation in between is noticed.
        this.truncations = chain.truncations();
        this.segments = chain.current();
    }

    /** As they were when the cleaning began. */
    Segment[] segments() {
        return segments;
    }

    void requireGoingOn() {
        if (stopped.getAsBoolean()) {
            throw new CleaningAbortedException("the cleaner was stopped");
        }
        requireUnchanged();
    }

    private void requireUnchanged() {
        if (unusable.getAsBoolean()) {
            throw new CleaningAbortedException("the log was closed");
        }
        if (chain.truncations() != truncations) {
            throw new CleaningAbortedException("the log was truncated");
        }
    }

    /** Files for what is left of segments that begin at {@code baseOffset}. */
    Segment create(long baseOffset, long createdMs) throws IOException {
        synchronized (lock) {
            // A deleted log's folder may have its name again by now.
            requireUnchanged();
            return Segment.createCleaned(disk, folder, baseOffset, createdMs);
        }
    }

    /** Makes {@code cleaned} durable, and then part of the log instead of {@code old}. */
    void swap(List<Segment> old, Segment cleaned, CleanedTransactions transactions, long endOffset)
            throws IOException {
        synchronized (lock) {
            requireUnchanged();
            cleaned.finishCleaned(transactions.takeKept(), endOffset);
            // Before anybody can see a list of aborted transactions without those that are gone.
            cache.compacted(endOffset);
            boolean swapped;
            try {
                swapped = chain.swap(old, cleaned, clock.millis());
            } catch (IOException e) {
                throw new SwapFailedException(e);
            }
            if (!swapped) {
                throw new CleaningAbortedException("retention gave up what was cleaned");
            }
        }
    }

    /** Removes the files of one that did not become part of the log. */
    void discard(Segment cleaned) throws IOException {
        synchronized (lock) {
            if (unusable.getAsBoolean()) {
                // The next open removes them.
                cleaned.close();
            } else {
                cleaned.remove(LogFileNames.CLEANED);
            }
        }
    }

    /** Nobody knows which files have which names: only recovery finds out. */
    static final class SwapFailedException extends IOException {
        private static final long serialVersionUID = 1L;

        SwapFailedException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }
}
