package dev.millrace.log;

import dev.millrace.log.TxnIndex.AbortedTxn;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compacts logs: reads the dirty section to learn the last offset of each key, then rewrites all
 * segments up to its end without the records that a later one has replaced, in groups that become
 * one segment each.
 *
 * <pre>
 *   clean             dirty                        not cleanable
 *  [ 0.log ][ 120.log ][ 480.log ][ 900.log ][ 1400.log  active ]
 *                      └─── keys of these ──┘
 *  └────────── one group ───────┘└─ another ┘
 *  [ 0.log                       ][ 900.log ][ 1400.log  active ]
 * </pre>
 *
 * Segments are replaced one group at a time, so a cleaning that is aborted keeps what it has done.
 * Memory is bounded by {@link CleanerConfig}: if not all keys of the dirty section fit, the section
 * ends where the map is full, and the rest stays dirty. For one thread, which must not be
 * interrupted while it works: Java closes the files that an interrupted thread reads.
 */
public final class Cleaner {
    private static final int PACE_BYTES = 64 << 10;

    private final CleanerConfig config;
    private final Throttle throttle;
    private final RawRecords records = new RawRecords();
    private final ByteBuffer output;

    /**
     * @param throttle may be shared with other cleaners, which then have the bound together
     */
    public Cleaner(CleanerConfig config, Throttle throttle) {
        this.config = config;
        this.throttle = throttle;
        this.output = ByteBuffer.allocate(config.ioBufferBytes());
    }

    /**
     * @throws CleaningAbortedException if the site does not allow to go on
     * @throws org.apache.kafka.common.errors.CorruptRecordException the log has a batch that cannot
     *     be read
     */
    CleanStats clean(
            CleaningSite site,
            CleanableSection section,
            LiveProducers producers,
            LogConfig logConfig,
            long nowMs)
            throws IOException {
        return new Run(site, section, logConfig).run(producers, nowMs);
    }

    /** One cleaning of one log. */
    private final class Run {
        private final CleaningSite site;
        private final CleanableSection section;
        private final LogConfig logConfig;
        private final Segment[] segments;
        private final long startedNs = System.nanoTime();

        private long unpacedBytes;
        private long bytesIndexed;
        private long bytesRead;
        private long bytesWritten;

        Run(CleaningSite site, CleanableSection section, LogConfig logConfig) {
            this.site = site;
            this.section = section;
            this.logConfig = logConfig;
            this.segments = site.segments();
        }

        CleanStats run(LiveProducers producers, long nowMs) throws IOException {
            KeyScan keys =
                    new KeyScan(
                            config,
                            records,
                            new CleanedTransactions(aborted(section.firstDirtyOffset())),
                            section.firstDirtyOffset());
            scan(keys);
            CleanedTransactions transactions = new CleanedTransactions(aborted(0));
            BatchFilter filter =
                    new BatchFilter(
                            keys.lastOffsets(),
                            keys.mappedTo(),
                            transactions,
                            producers,
                            section.firstUncleanableOffset(),
                            logConfig.compaction().deleteRetentionMs(),
                            nowMs,
                            records);
            long cleanedTo = keys.mappedTo() + 1;
            List<Segment> read =
                    Arrays.stream(segments).filter(s -> s.baseOffset < cleanedTo).toList();
            int done = 0;
            for (List<Segment> group :
                    SegmentGroups.of(read, logConfig, segments[read.size()].baseOffset)) {
                done += group.size();
                rewrite(group, segments[done].baseOffset, filter, transactions);
            }
            return new CleanStats(
                    section.firstDirtyOffset(),
                    cleanedTo,
                    bytesIndexed,
                    bytesRead,
                    bytesWritten,
                    filter.recordsRead(),
                    filter.recordsKept(),
                    filter.recordsWithoutKey(),
                    keys.lastOffsets().size(),
                    keys.lastOffsets().utilization(),
                    (System.nanoTime() - startedNs) / 1_000_000);
        }

        /** Aborted transactions with records at or above {@code from}. */
        private List<AbortedTxn> aborted(long from) {
            long end = section.firstUncleanableOffset();
            List<AbortedTxn> found = new ArrayList<>();
            for (Segment segment : segments) {
                for (AbortedTxn txn : segment.txns.entries()) {
                    if (txn.lastOffset() >= from && txn.firstOffset() < end) {
                        found.add(txn);
                    }
                }
            }
            return found;
        }

        private void scan(KeyScan keys) throws IOException {
            long from = section.firstDirtyOffset();
            for (int i = Segments.floor(segments, from);
                    segments[i].baseOffset < section.firstUncleanableOffset();
                    i++) {
                Segment segment = segments[i];
                BatchCursor cursor = cursor(segment, segment.positionOf(from));
                while (cursor.next()) {
                    bytesIndexed += cursor.header().sizeBytes();
                    pace(cursor.header().sizeBytes());
                    if (!keys.scan(cursor.whole())) {
                        return;
                    }
                }
                segment.requireWellFormed(cursor);
                keys.reached(segments[i + 1].baseOffset - 1);
            }
        }

        private BatchCursor cursor(Segment segment, int position) {
            return new BatchCursor(
                    segment.log, position, segment.sizeBytes(), config.ioBufferBytes());
        }

        private void rewrite(
                List<Segment> group,
                long endOffset,
                BatchFilter filter,
                CleanedTransactions transactions)
                throws IOException {
            site.requireGoingOn();
            Segment newest = group.get(group.size() - 1);
            Segment cleaned = site.create(group.get(0).baseOffset, newest.createdMs);
            boolean swapped = false;
            try {
                CleanedWriter writer =
                        new CleanedWriter(output, cleaned, logConfig.indexIntervalBytes());
                for (Segment segment : group) {
                    rewrite(segment, writer, filter);
                }
                writer.flush();
                bytesWritten += cleaned.sizeBytes();
                site.swap(group, cleaned, transactions, endOffset);
                swapped = true;
            } finally {
                if (!swapped) {
                    site.discard(cleaned);
                }
            }
        }

        private void rewrite(Segment segment, CleanedWriter writer, BatchFilter filter)
                throws IOException {
            BatchCursor cursor = cursor(segment, 0);
            while (cursor.next()) {
                RecordBatchView batch = cursor.whole();
                bytesRead += batch.sizeBytes();
                @Nullable ByteBuffer kept = filter.filter(batch);
                pace(batch.sizeBytes() + (kept == null ? 0 : kept.remaining()));
                if (kept != null) {
                    writer.write(kept);
                }
            }
            segment.requireWellFormed(cursor);
        }

        private void pace(long bytes) {
            unpacedBytes += bytes;
            if (unpacedBytes >= PACE_BYTES) {
                site.requireGoingOn();
                throttle.pace(unpacedBytes, site::requireGoingOn);
                unpacedBytes = 0;
            }
        }
    }
}
