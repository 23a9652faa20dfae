package dev.millrace.streams.internal.store;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.state.HeadersBytesStoreSupplier;
import dev.millrace.streams.state.SessionBytesStoreSupplier;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.WindowBytesStoreSupplier;
import dev.millrace.streams.state.WindowStore;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;

/** Suppliers of the built-in stores of windows and sessions. */
public final class TimedSuppliers {
    private TimedSuppliers() {}

    private static LocalStore segment(boolean persistent, String name) {
        return persistent ? RocksDbStore.buffered(name) : new SortedStore(name);
    }

    private static RowStore rows(
            String name, TimedKeys keys, TimedStore below, long windowSizeMs, boolean numbered) {
        Serde<Object> bytes = Erased.cast(Serdes.Bytes());
        RowStore rows =
                new RowStore(
                        name,
                        name,
                        below,
                        keys.serde(bytes, windowSizeMs, numbered),
                        Serdes.ByteArray(),
                        false,
                        null,
                        null,
                        new NoHeaders());
        return numbered ? rows.retainingDuplicates() : rows;
    }

    /** All times in milliseconds. */
    public record Windows(
            String name,
            long retentionPeriod,
            long segmentIntervalMs,
            long windowSize,
            boolean retainDuplicates,
            boolean persistent)
            implements WindowBytesStoreSupplier {
        @Override
        public String metricsScope() {
            return persistent ? "rocksdb-window" : "in-memory-window";
        }

        @Override
        public WindowStore<Bytes, byte[]> get() {
            Function<String, LocalStore> kind = segment -> segment(persistent, segment);
            TimedStore store =
                    new SegmentedStore(
                            name,
                            TimedKeys.WINDOWS,
                            retentionPeriod,
                            segmentIntervalMs,
                            kind,
                            persistent);
            return Erased.cast(
                    new WindowView.Plain(
                            rows(name, TimedKeys.WINDOWS, store, windowSize, retainDuplicates)));
        }
    }

    /** All times in milliseconds. */
    public record Sessions(
            String name, long retentionPeriod, long segmentIntervalMs, boolean persistent)
            implements SessionBytesStoreSupplier {
        @Override
        public String metricsScope() {
            return persistent ? "rocksdb-session" : "in-memory-session";
        }

        @Override
        public SessionStore<Bytes, byte[]> get() {
            Function<String, LocalStore> kind = segment -> segment(persistent, segment);
            TimedStore store =
                    new SegmentedStore(
                            name,
                            TimedKeys.SESSIONS,
                            retentionPeriod,
                            segmentIntervalMs,
                            kind,
                            persistent);
            return Erased.cast(
                    new SessionView.Plain(rows(name, TimedKeys.SESSIONS, store, 0, false)));
        }
    }

    /** The same, of rows with headers. */
    public record HeaderWindows(Windows windows)
            implements WindowBytesStoreSupplier, HeadersBytesStoreSupplier {
        @Override
        public String name() {
            return windows.name();
        }

        @Override
        public WindowStore<Bytes, byte[]> get() {
            return windows.get();
        }

        @Override
        public String metricsScope() {
            return windows.metricsScope();
        }

        @Override
        public long segmentIntervalMs() {
            return windows.segmentIntervalMs();
        }

        @Override
        public long windowSize() {
            return windows.windowSize();
        }

        @Override
        public boolean retainDuplicates() {
            return windows.retainDuplicates();
        }

        @Override
        public long retentionPeriod() {
            return windows.retentionPeriod();
        }
    }

    /** The same, of rows with headers. */
    public record HeaderSessions(Sessions sessions)
            implements SessionBytesStoreSupplier, HeadersBytesStoreSupplier {
        @Override
        public String name() {
            return sessions.name();
        }

        @Override
        public SessionStore<Bytes, byte[]> get() {
            return sessions.get();
        }

        @Override
        public String metricsScope() {
            return sessions.metricsScope();
        }

        @Override
        public long segmentIntervalMs() {
            return sessions.segmentIntervalMs();
        }

        @Override
        public long retentionPeriod() {
            return sessions.retentionPeriod();
        }
    }

    private static final class NoHeaders implements RowStore.HeadersOfRecord {
        @Override
        public Headers headers() {
            return new RecordHeaders();
        }

        @Override
        public void headers(Headers headers) {}
    }
}
