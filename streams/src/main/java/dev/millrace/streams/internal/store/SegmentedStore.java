package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.query.ListIterator;
import dev.millrace.streams.state.KeyValueIterator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Rows in segments of time, so that what is older than the retention goes by whole segments. A
 * segment is a store of its own; on disk it is the directory {@code <store>/segments/<number>}, the
 * number being time divided by the segment interval.
 */
public final class SegmentedStore implements TimedStore {
    private static final String SEGMENTS = "segments";
    private static final long MAX_RECENT_BYTES = 1 << 20;

    private final String name;
    private final TimedKeys keys;
    private final long retentionMs;
    private final long segmentIntervalMs;
    private final Function<String, LocalStore> kind;
    private Map<String, Object> configs = Map.of();
    private final boolean persistent;
    private final NavigableMap<Long, LocalStore> segments = new TreeMap<>();
    private @Nullable Path directory;
    private boolean holdWrites;

    /** Expired, but by records that are not committed: a roll back needs them again. */
    private final List<LocalStore> expired = new ArrayList<>();

    private long readableMs;
    private long newestTime = -1;

    /** No row is of a later time. */
    private long latestTime = -1;

    /** Once the rows of a key were asked for; null in memory, where the segments are as fast. */
    private @Nullable RecentRows recent;

    /**
     * @param kind makes a segment of a name
     */
    public SegmentedStore(
            String name,
            TimedKeys keys,
            long retentionMs,
            long segmentIntervalMs,
            Function<String, LocalStore> kind,
            boolean persistent) {
        this.name = name;
        this.keys = keys;
        this.retentionMs = retentionMs;
        this.segmentIntervalMs = segmentIntervalMs;
        this.kind = kind;
        this.persistent = persistent;
    }

    TimedKeys keys() {
        return keys;
    }

    @Override
    public void configure(Map<String, Object> configs) {
        this.configs = configs;
    }

    @Override
    public void open(Path directory) {
        this.directory = directory;
        Path segmentsOnDisk = directory.resolve("rocksdb").resolve(name).resolve(SEGMENTS);
        if (!persistent || !Files.isDirectory(segmentsOnDisk)) {
            return;
        }
        try (Stream<Path> found = Files.list(segmentsOnDisk)) {
            for (Path each : found.toList()) {
                long number = Long.parseLong(each.getFileName().toString());
                segment(number);
                // Not less than the newest time there was: a later record tells the rest.
                newestTime = Math.max(newestTime, number * segmentIntervalMs);
                latestTime = Math.max(latestTime, (number + 1) * segmentIntervalMs - 1);
            }
        } catch (IOException e) {
            throw new StreamsException("Cannot list the segments of store " + name, e);
        }
    }

    private LocalStore segment(long number) {
        LocalStore present = segments.get(number);
        if (present == null) {
            if (directory == null) {
                throw new StreamsException("Store " + name + " is not open");
            }
            present = kind.apply(name + "/" + SEGMENTS + "/" + number);
            if (holdWrites) {
                present.holdWrites();
            }
            present.configure(configs);
            present.open(directory);
            segments.put(number, present);
        }
        return present;
    }

    /**
     * Lets rows be found for longer than they are promised to be kept, while their segment lives.
     *
     * @param extraMs {@code Long.MAX_VALUE}: as long as the segment
     */
    void readableFor(long extraMs) {
        readableMs = extraMs;
    }

    @Override
    public void holdWrites() {
        holdWrites = true;
    }

    @Override
    public void commit() {
        segments.values().forEach(LocalStore::commit);
        expired.forEach(LocalStore::destroy);
        expired.clear();
    }

    @Override
    public long uncommittedBytes() {
        return segments.values().stream().mapToLong(LocalStore::uncommittedBytes).sum();
    }

    @Override
    public void restore(List<KeyValue<Bytes, byte[]>> entries) {
        Map<LocalStore, List<KeyValue<Bytes, byte[]>>> bySegment = new LinkedHashMap<>();
        for (KeyValue<Bytes, byte[]> entry : entries) {
            long time = keys.timeOf(entry.key.get());
            LocalStore segment = segmentForPut(time);
            if (segment != null) {
                latestTime = Math.max(latestTime, time);
                bySegment.computeIfAbsent(segment, each -> new ArrayList<>()).add(entry);
            }
        }
        bySegment.forEach(
                (segment, part) -> {
                    if (segments.containsValue(segment)) {
                        segment.restore(part);
                    }
                });
        expired.forEach(LocalStore::destroy); // what is restored is committed
        expired.clear();
        recent = null;
    }

    private long oldestTime() {
        return Math.max(0, newestTime - retentionMs + 1);
    }

    private long oldestReadable() {
        return readableMs == Long.MAX_VALUE ? 0 : Math.max(0, oldestTime() - readableMs);
    }

    /** Null when the time is past retention. */
    private @Nullable LocalStore segmentForPut(long time) {
        if (time > newestTime) {
            newestTime = time;
            long oldest = oldestTime() / segmentIntervalMs;
            Collection<LocalStore> old = segments.headMap(oldest, false).values();
            if (!old.isEmpty() && recent != null) {
                recent.forgetUntil(oldest * segmentIntervalMs - 1);
            }
            if (holdWrites) {
                expired.addAll(old);
            } else {
                old.forEach(LocalStore::destroy);
            }
            old.clear();
        }
        long number = time / segmentIntervalMs;
        return number < oldestTime() / segmentIntervalMs ? null : segment(number);
    }

    @Override
    public byte @Nullable [] get(Bytes key) {
        long time = keys.timeOf(key.get());
        LocalStore segment =
                time < oldestReadable() ? null : segments.get(time / segmentIntervalMs);
        return segment == null ? null : segment.get(key);
    }

    @Override
    public void put(Bytes key, byte @Nullable [] value) {
        long time = keys.timeOf(key.get());
        LocalStore segment = segmentForPut(time);
        if (segment != null) {
            segment.put(key, value);
            latestTime = Math.max(latestTime, time);
            if (recent != null) {
                recent.put(key, value);
            }
        }
    }

    @Override
    public byte @Nullable [] putIfAbsent(Bytes key, byte[] value) {
        byte[] present = get(key);
        if (present == null) {
            put(key, value);
        }
        return present;
    }

    @Override
    public void putAll(List<KeyValue<Bytes, byte[]>> entries) {
        entries.forEach(entry -> put(entry.key, entry.value));
    }

    @Override
    public byte @Nullable [] delete(Bytes key) {
        byte[] present = get(key);
        put(key, null);
        return present;
    }

    /** Within a segment in the order of keys; segments in the order of time. */
    @Override
    public KeyValueIterator<Bytes, byte[]> scan(Scan scan) {
        long from = Math.max(scan.from(), oldestReadable());
        if (scan.to() < from) {
            return new Segments(List.<LocalStore>of().iterator(), null, null, scan, from);
        }
        if (persistent && scan.oneKey()) {
            RecentRows rows = recent(scan);
            if (rows.hasAllFrom(from)) {
                return new ListIterator<>(found(rows, scan, from));
            }
        }
        NavigableMap<Long, LocalStore> touched =
                segments.subMap(
                        from / segmentIntervalMs, true, scan.to() / segmentIntervalMs, true);
        if (scan.reverse()) {
            touched = touched.descendingMap();
        }
        Bytes keyFrom = scan.keyFrom();
        Bytes keyTo = scan.keyTo();
        Bytes lower = keyFrom;
        Bytes upper = keyTo == null ? null : keys.behind(keyTo.get());
        if (scan.oneKey() && keyFrom != null) {
            lower = keys.lowest(keyFrom.get(), from);
            upper = keys.highest(keyFrom.get(), scan.to());
        }
        return new Segments(new ArrayList<>(touched.values()).iterator(), lower, upper, scan, from);
    }

    private RecentRows recent(Scan scan) {
        RecentRows rows = recent;
        if (rows == null) {
            // Windows are asked for with two bounds, sessions mostly with one.
            long spanMs = Math.min(scan.to() - scan.from(), segmentIntervalMs / 4);
            rows = new RecentRows(keys, MAX_RECENT_BYTES, spanMs / 2 + 1, latestTime + 1);
            recent = rows;
        }
        return rows;
    }

    private List<KeyValue<Bytes, byte[]>> found(RecentRows rows, Scan scan, long from) {
        List<KeyValue<Bytes, byte[]>> found =
                rows.find(Objects.requireNonNull(scan.keyFrom()), from, scan.to());
        if (keys == TimedKeys.SESSIONS && scan.latestStart() != Long.MAX_VALUE) {
            found.removeIf(row -> keys.sessionStartOf(row.key.get()) > scan.latestStart());
        }
        if (scan.reverse()) {
            Collections.reverse(found);
        }
        return found;
    }

    private boolean matches(Bytes timedKey, Scan scan, long from) {
        byte[] bytes = timedKey.get();
        long time = keys.timeOf(bytes);
        if (time < from || time > scan.to()) {
            return false;
        }
        if (keys == TimedKeys.SESSIONS && keys.sessionStartOf(bytes) > scan.latestStart()) {
            return false;
        }
        if (scan.keyFrom() == null && scan.keyTo() == null) {
            return true;
        }
        Bytes key = Bytes.wrap(keys.keyOf(bytes));
        return (scan.keyFrom() == null || key.compareTo(scan.keyFrom()) >= 0)
                && (scan.keyTo() == null || key.compareTo(scan.keyTo()) <= 0);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
        throw new UnsupportedOperationException("A segmented store is scanned by key and time");
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        return scan(new Scan(null, null, 0, Long.MAX_VALUE, Long.MAX_VALUE, false));
    }

    @Override
    public long approximateNumEntries() {
        return segments.values().stream().mapToLong(LocalStore::approximateNumEntries).sum();
    }

    @Override
    public String name() {
        return name;
    }

    /** Durable on return. */
    @Override
    public void flush() {
        segments.values().forEach(LocalStore::flush);
    }

    @Override
    public void close() {
        expired.forEach(LocalStore::close);
        expired.clear();
        segments.values().forEach(LocalStore::close);
        segments.clear();
        directory = null;
        newestTime = -1;
        latestTime = -1;
        recent = null;
    }

    @Override
    public boolean persistent() {
        return persistent;
    }

    @Override
    public boolean isOpen() {
        return directory != null;
    }

    private final class Segments implements KeyValueIterator<Bytes, byte[]> {
        private final Iterator<LocalStore> rest;
        private final @Nullable Bytes lower;
        private final @Nullable Bytes upper;
        private final Scan scan;
        private final long from;
        private @Nullable KeyValueIterator<Bytes, byte[]> current;
        private @Nullable KeyValue<Bytes, byte[]> next;

        Segments(
                Iterator<LocalStore> rest,
                @Nullable Bytes lower,
                @Nullable Bytes upper,
                Scan scan,
                long from) {
            this.rest = rest;
            this.lower = lower;
            this.upper = upper;
            this.scan = scan;
            this.from = from;
        }

        @Override
        public boolean hasNext() {
            while (next == null) {
                if (current == null || !current.hasNext()) {
                    close();
                    if (!rest.hasNext()) {
                        return false;
                    }
                    LocalStore segment = rest.next();
                    if (segment.isOpen()) {
                        current =
                                scan.reverse()
                                        ? segment.reverseRange(lower, upper)
                                        : segment.range(lower, upper);
                    }
                    continue;
                }
                KeyValue<Bytes, byte[]> candidate = current.next();
                if (matches(candidate.key, scan, from)) {
                    next = candidate;
                }
            }
            return true;
        }

        @Override
        public KeyValue<Bytes, byte[]> next() {
            KeyValue<Bytes, byte[]> found = hasNext() ? next : null;
            if (found == null) {
                throw new NoSuchElementException();
            }
            next = null;
            return found;
        }

        @Override
        public Bytes peekNextKey() {
            KeyValue<Bytes, byte[]> found = hasNext() ? next : null;
            if (found == null) {
                throw new NoSuchElementException();
            }
            return found.key;
        }

        @Override
        public void close() {
            if (current != null) {
                current.close();
                current = null;
            }
        }
    }
}
