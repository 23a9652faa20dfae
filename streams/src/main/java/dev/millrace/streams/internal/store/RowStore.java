package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.internals.SessionWindow;
import dev.millrace.streams.kstream.internals.TimeWindow;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.KeyValueStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one store of one task: serialises, combines, logs.
 *
 * <p>Without a cache every update goes at once to the store below and to whoever wants the changes:
 * one change out per update, in order. The changelog gets the newest value of each key with every
 * commit, or earlier when many keys wait: it is read only to have the rows again. With a cache,
 * updates of a key are held back as one until {@link #flush()}, which comes with every commit and
 * when the cache is full; a change then carries the value from before the first held-back update as
 * its old one. The cache is a hash map, and held-back values are objects: a counter that is updated
 * a thousand times between two commits is serialised once.
 *
 * <pre>
 * value in the store below, timestamped:  timestamp, 8 bytes, milliseconds | serialised value
 * with headers:                           {@link HeaderBytes}, before the timestamp
 * in the changelog:                       serialised value, timestamp and headers are the record's
 * </pre>
 */
public final class RowStore implements TaskStore {
    /** Gets the changes, at once or at a flush. */
    @FunctionalInterface
    public interface ChangeListener {
        void changed(Object key, @Nullable Object value, @Nullable Object old, long timestamp);
    }

    /** Writes to the changelog. */
    @FunctionalInterface
    public interface Changelog {
        /**
         * @param headers null: none
         */
        void log(byte[] key, byte @Nullable [] value, long timestamp, @Nullable Headers headers);
    }

    /** Headers of the record being processed: an update held back keeps its own. */
    public interface HeadersOfRecord {
        Headers headers();

        void headers(Headers headers);

        /**
         * The key of the record in hand in its serialised form, where that is known.
         *
         * @return null: serialise it
         */
        default byte @Nullable [] bytesOf(Object key, Serializer<?> serializer) {
            return null;
        }
    }

    private static final int TIMESTAMP_BYTES = 8;
    private static final Path NOWHERE = Path.of("");
    private static final Headers NO_HEADERS = new RecordHeaders(new Header[0]);

    /** Map entry, row, key and array headers: measured on a 64-bit JVM with compressed pointers. */
    private static final int ROW_OVERHEAD_BYTES = 160;

    /** A key in the cache; held back while {@code dirty}. */
    private static final class Row extends RowTable.Keyed {
        final Object key;

        /** In the store below, null when absent there. */
        byte @Nullable [] stored;

        /** What was stored when the listener last heard of the key; while {@code dirty}. */
        byte @Nullable [] before;

        boolean dirty;

        /** Whether the value held back is stored already, and only the listener has to wait. */
        boolean written = true;

        @Nullable Object value;
        long timestamp;
        @Nullable Headers headers;

        Row(Bytes keyBytes, int hash, Object key, byte @Nullable [] stored) {
            super(keyBytes, hash);
            this.key = key;
            this.stored = stored;
        }
    }

    /** The newest value of a key that is stored already; serialised, as the changelog has it. */
    private static final class Unlogged {
        byte @Nullable [] value;
        long timestamp;
        @Nullable Headers headers;
    }

    /** Of values that wait for the changelog; the store below has them, too. */
    private static final long MAX_UNLOGGED_BYTES = 2 << 20;

    private final String name;
    private final String topic;
    private final KeyValueStore<Bytes, byte[]> below;
    private final Serializer<Object> keySerializer;
    private final Deserializer<Object> keyDeserializer;
    private final Serializer<Object> valueSerializer;
    private final Deserializer<Object> valueDeserializer;
    private final boolean timestamped;
    private final @Nullable Changelog changelog;
    private final @Nullable CacheBudget budget;
    private final HeadersOfRecord context;
    private boolean retainDuplicates;
    private boolean keepsHeaders;

    /** In the middle of a flush. */
    private boolean telling;

    private @Nullable ChangeListener listener;
    private boolean sendOldValues;
    private final RowTable<Row> cache = new RowTable<>();
    private List<Row> dirty = new ArrayList<>();
    private final List<Row> unwritten = new ArrayList<>(); // of those; some may be written by now
    private final Map<Bytes, Unlogged> unlogged = new LinkedHashMap<>();
    private long unloggedBytes;
    private long cacheBytes;
    private final Map<Bytes, Long> forgotten = new LinkedHashMap<>(); // and when
    private boolean keepsForgotten;
    private @Nullable Object
            lastKey; // with lastRow: an update nearly always follows the get of its key
    private @Nullable Row lastRow;
    private @Nullable Bytes lastKeyBytes; // of lastKey, without a cache
    private long lastTimestamp;
    private Headers lastHeaders = NO_HEADERS;

    /**
     * @param budget null: no cache
     */
    public RowStore(
            String name,
            String topic,
            KeyValueStore<Bytes, byte[]> below,
            Serde<?> keySerde,
            Serde<?> valueSerde,
            boolean timestamped,
            @Nullable Changelog changelog,
            @Nullable CacheBudget budget,
            HeadersOfRecord context) {
        this.name = name;
        this.topic = topic;
        this.below = below;
        this.keySerializer = Erased.cast(keySerde.serializer());
        this.keyDeserializer = Erased.cast(keySerde.deserializer());
        this.valueSerializer = Erased.cast(valueSerde.serializer());
        this.valueDeserializer = Erased.cast(valueSerde.deserializer());
        this.timestamped = timestamped;
        this.changelog = changelog;
        this.budget = budget;
        this.context = context;
        if (budget != null) {
            budget.add(this);
        }
    }

    @Override
    public String name() {
        return name;
    }

    /** Every update adds a row: a store of windows whose keys are numbered. */
    RowStore retainingDuplicates() {
        retainDuplicates = true;
        return this;
    }

    /** Rows have the headers of the record of their last update. */
    RowStore keepingHeaders() {
        keepsHeaders = true;
        return this;
    }

    /** Of the row that {@link #get} found; empty where rows have none. */
    Headers headersOfLastGet() {
        return new RecordHeaders(lastHeaders);
    }

    /** An update with headers other than those of the record in hand. */
    void updateWithHeaders(Object key, @Nullable Object value, Headers headers, long timestamp) {
        Headers current = context.headers();
        context.headers(headers);
        try {
            update(key, value, null, timestamp);
        } finally {
            context.headers(current);
        }
    }

    public KeyValueStore<Bytes, byte[]> below() {
        return below;
    }

    public boolean timestamped() {
        return timestamped;
    }

    /**
     * @param sendOldValues whether changes need the value that was replaced
     */
    public void emitChanges(ChangeListener listener, boolean sendOldValues) {
        this.listener = listener;
        this.sendOldValues = sendOldValues;
    }

    /** Null when absent; {@link #timestampOfLastGet()} belongs to it. */
    public @Nullable Object get(Object key) {
        Bytes keyBytes = keyBytes(key);
        if (budget == null) {
            lastKey = key;
            lastKeyBytes = keyBytes;
            return decode(below.get(keyBytes));
        }
        Row row = row(keyBytes, key);
        if (row.dirty) {
            lastTimestamp = row.timestamp;
            lastHeaders = row.headers == null ? NO_HEADERS : row.headers;
            return row.value;
        }
        return decode(row.stored);
    }

    /** As {@link #get}, without what the cache holds back. */
    public @Nullable Object getStored(Object key) {
        return decode(below.get(keyBytes(key)));
    }

    /** Milliseconds since the epoch of the row that {@link #get} found. */
    public long timestampOfLastGet() {
        return lastTimestamp;
    }

    /** An update by a record of the row's timestamp. */
    public void update(Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        update(key, value, old, timestamp, timestamp);
    }

    /**
     * Stores and tells the listener, now or at the next flush.
     *
     * @param old the value that {@link #get} found, for the listener; ignored with a cache
     * @param timestamp of the row
     * @param recordTimestamp of the record that updates it: a deleted row has no other in the
     *     changelog
     */
    public void update(
            Object key,
            @Nullable Object value,
            @Nullable Object old,
            long timestamp,
            long recordTimestamp) {
        if (budget == null) {
            Bytes known = lastKeyBytes;
            Bytes keyBytes = known != null && lastKey == key ? known : keyBytes(key);
            lastKeyBytes = null; // a mutable key may be another one the next time
            write(keyBytes, value, value == null ? recordTimestamp : timestamp, context.headers());
            if (listener != null) {
                listener.changed(key, value, old, timestamp);
            }
            return;
        }
        Row last = lastRow;
        Row row = last != null && lastKey == key ? last : row(keyBytes(key), key);
        if (!row.dirty) {
            row.dirty = true;
            row.before = row.stored;
            dirty.add(row);
        }
        if (row.written) {
            row.written = false;
            unwritten.add(row);
        }
        row.value = value;
        row.timestamp = value == null ? recordTimestamp : timestamp;
        row.headers = keepsHeaders ? new RecordHeaders(context.headers()) : context.headers();
        budget.check();
    }

    /** From now on, {@link #forget} leaves the changelog as it is until {@link #logForgotten}. */
    public void keepForgotten() {
        keepsForgotten = true;
    }

    /**
     * Deletes a row that nobody needs any more, since what follows from it was sent. For stores
     * that are restored from their changelogs alone.
     */
    public void forget(Object key, long timestamp) {
        if (!keepsForgotten || changelog == null || budget != null) {
            update(key, null, null, timestamp);
            return;
        }
        Bytes keyBytes = keyBytes(key);
        lastKeyBytes = null;
        below.delete(keyBytes);
        Unlogged waiting = unlogged.remove(keyBytes);
        if (waiting != null) {
            unloggedBytes -= ROW_OVERHEAD_BYTES + keyBytes.get().length + size(waiting.value);
        }
        forgotten.put(keyBytes, timestamp);
    }

    /**
     * Writes to the changelog what {@link #forget} has not.
     *
     * @return whether there was any
     */
    public boolean logForgotten() {
        Changelog log = changelog;
        if (log == null || forgotten.isEmpty()) {
            return false;
        }
        forgotten.forEach((key, timestamp) -> log.log(key.get(), null, timestamp, null));
        forgotten.clear();
        return true;
    }

    /** An update of a store of windows. */
    public void updateWindow(Object key, @Nullable Object value, long start, long timestamp) {
        if (value == null && retainDuplicates) {
            return; // there is no telling which of them
        }
        update(new Windowed<>(key, new TimeWindow(start, start + 1)), value, null, timestamp);
    }

    /**
     * Writes what is held back and tells the listener, in the order in which keys were first
     * updated.
     */
    @Override
    public void flush() {
        logAll();
        if (dirty.isEmpty()) {
            return;
        }
        List<Row> rows = dirty;
        dirty = new ArrayList<>(); // updates while telling the listener are for the next flush
        boolean outermost = !telling;
        telling = true;
        Headers current = context.headers();
        for (Row row : rows) {
            Object value = row.value;
            byte[] before = row.before;
            store(row);
            row.dirty = false;
            row.before = null;
            row.value = null; // others own the object from here on
            if (listener != null && (value != null || before != null)) {
                if (row.headers != null) {
                    context.headers(row.headers);
                }
                listener.changed(
                        row.key, value, sendOldValues ? decode(before) : null, row.timestamp);
            }
            row.headers = null;
        }
        context.headers(current);
        if (outermost) {
            telling = false;
            unwritten.removeIf(row -> row.written);
        }
    }

    private void store(Row row) {
        if (!row.written) {
            row.written = true;
            if (row.value != null || row.stored != null) {
                Headers headers = row.headers == null ? NO_HEADERS : row.headers;
                row.stored = write(row.keyBytes, row.value, row.timestamp, headers);
            } // else it came and went
        }
    }

    /** Stores what is held back, so that it is found in ranges; the listener still waits. */
    private void storeHeldBack() {
        unwritten.forEach(this::store);
        unwritten.clear();
    }

    /** Opens it outside of a task, and registers it. */
    void init(StateStoreContext context, StateStore root) {
        openIn(context);
        context.register(
                root,
                (key, value) ->
                        below.put(
                                Bytes.wrap(key),
                                value == null ? null : stored(value, -1, NO_HEADERS)));
    }

    /** Opens the store below, whoever made it. */
    public void openIn(StateStoreContext context) {
        if (below instanceof ForeignTimedStore foreign) {
            foreign.store().init(context, foreign.store());
        } else if (!(below instanceof LocalStore local)) {
            below.init(context, below);
        } else if (!local.isOpen()) {
            local.configure(context.appConfigs());
            local.open(local.persistent() ? context.stateDir().toPath() : NOWHERE);
        }
    }

    @Override
    public void holdWrites() {
        if (below instanceof LocalStore local) {
            local.holdWrites();
        }
    }

    @Override
    public void commit() {
        if (below instanceof LocalStore local) {
            local.commit();
        }
    }

    @Override
    public long uncommittedBytes() {
        return below instanceof LocalStore local ? local.uncommittedBytes() : 0;
    }

    @Override
    public void sync() {
        below.flush();
    }

    @Override
    public boolean persistent() {
        return below.persistent();
    }

    @Override
    public void close() {
        if (budget != null) {
            budget.remove(this);
        }
        below.close();
    }

    @Override
    public StateStore view(LongSupplier timestamp) {
        if (below instanceof TimedStore timed) {
            return timedView(timed);
        }
        if (keepsHeaders) {
            return new HeadersView(this);
        }
        return timestamped ? new TimestampedView(this) : new PlainView(this, timestamp);
    }

    /** Rows of windows as values, also where they have timestamps. */
    public StateStore plainWindows() {
        return new WindowView.Plain(this);
    }

    /** Rows of windows as values and timestamps, also where they have headers. */
    public StateStore timestampedWindows() {
        return new WindowView.Timestamped(this);
    }

    /** Sessions as values, also where they have headers. */
    public StateStore plainSessions() {
        return new SessionView.Plain(this);
    }

    private StateStore timedView(TimedStore timed) {
        if (keys(timed) == TimedKeys.SESSIONS) {
            return keepsHeaders ? new SessionView.WithHeaders(this) : new SessionView.Plain(this);
        }
        if (keepsHeaders) {
            return new WindowView.WithHeaders(this);
        }
        return timestamped ? new WindowView.Timestamped(this) : new WindowView.Plain(this);
    }

    private static TimedKeys keys(TimedStore timed) {
        return timed instanceof SegmentedStore segmented
                ? segmented.keys()
                : ((ForeignTimedStore) timed).keys();
    }

    /**
     * Flushes and forgets what was read; but rows that an outer flush has yet to write, because a
     * listener has filled the caches meanwhile, are not in the store below.
     */
    void flushAndClear() {
        flush();
        if (dirty.isEmpty() && !telling) {
            cache.clear();
            if (budget != null) {
                budget.grow(-cacheBytes);
            }
            cacheBytes = 0;
            lastRow = null;
        }
    }

    long cacheBytes() {
        return cacheBytes;
    }

    @Override
    public void restore(List<ConsumerRecord<byte[], byte[]>> records) {
        flushAndClear(); // a reader of a standby may have brought rows into the cache
        List<KeyValue<Bytes, byte[]>> entries = new ArrayList<>(records.size());
        for (ConsumerRecord<byte[], byte[]> record : records) {
            byte[] value = record.value();
            entries.add(
                    new KeyValue<>(
                            Bytes.wrap(record.key()),
                            value == null
                                    ? null
                                    : stored(value, record.timestamp(), record.headers())));
        }
        if (below instanceof LocalStore local) {
            local.restore(entries);
        } else {
            below.putAll(entries);
        }
    }

    /** Rows in the order of their key bytes. */
    <T> KeyValueIterator<Object, T> iterate(
            @Nullable Object from, @Nullable Object to, boolean reverse, RowReader<T> reader) {
        storeHeldBack();
        Bytes first = from == null ? null : keyBytes(from);
        Bytes last = to == null ? null : keyBytes(to);
        KeyValueIterator<Bytes, byte[]> raw =
                reverse ? below.reverseRange(first, last) : below.range(first, last);
        return new DecodingIterator<>(this, raw, reader);
    }

    /** Rows whose key bytes begin with a prefix. */
    <T> KeyValueIterator<Object, T> iteratePrefix(byte[] prefix, RowReader<T> reader) {
        storeHeldBack();
        return new DecodingIterator<>(
                this, new PrefixIterator(below.range(Bytes.wrap(prefix), null), prefix), reader);
    }

    /**
     * Rows of a store of windows or sessions, by windowed keys.
     *
     * @param keyFrom null for the very first
     * @param keyTo inclusive, null for the very last
     * @param scan the bounds of time and the direction; its keys are ignored
     */
    <T> KeyValueIterator<Object, T> scan(
            @Nullable Object keyFrom,
            @Nullable Object keyTo,
            TimedStore.Scan scan,
            RowReader<T> reader) {
        storeHeldBack();
        TimedStore timed = (TimedStore) below;
        Bytes from = keyFrom == null ? null : baseKeyBytes(keyFrom);
        Bytes to = keyTo == null ? null : baseKeyBytes(keyTo);
        KeyValueIterator<Bytes, byte[]> found =
                timed.scan(
                        new TimedStore.Scan(
                                from,
                                to,
                                scan.from(),
                                scan.to(),
                                scan.latestStart(),
                                scan.reverse()));
        return new DecodingIterator<>(this, found, reader);
    }

    /** Told of rows of windows or sessions. */
    @FunctionalInterface
    public interface TimedRow {
        /**
         * @param timestamp of the row, or that of a plain one's key
         */
        void found(Object windowedKey, Object value, long timestamp);
    }

    /** Told of the windows of a key. */
    @FunctionalInterface
    public interface WindowRow {
        void found(long start, Object value, long timestamp);
    }

    /** Told of the sessions of a key. */
    @FunctionalInterface
    public interface SessionRow {
        void found(Windowed<Object> key, Object value);
    }

    private record Timed(Object value, long timestamp) {}

    private void forEach(@Nullable Object key, TimedStore.Scan scan, TimedRow each) {
        try (KeyValueIterator<Object, Timed> found = scan(key, key, scan, Timed::new)) {
            while (found.hasNext()) {
                KeyValue<Object, Timed> entry = found.next();
                each.found(entry.key, entry.value.value(), entry.value.timestamp());
            }
        }
    }

    /** Rows of all keys whose windows begin, or whose sessions end, within the bounds. */
    public void forEachTimed(long from, long to, TimedRow each) {
        forEach(null, new TimedStore.Scan(null, null, from, to, Long.MAX_VALUE, false), each);
    }

    /** Windows of a key that begin within the bounds, earliest first. */
    public void forEachWindow(Object key, long from, long to, WindowRow each) {
        storeHeldBack();
        TimedStore timed = (TimedStore) below;
        TimedKeys keys = keys(timed);
        Bytes base = baseKeyBytes(key);
        TimedStore.Scan scan =
                new TimedStore.Scan(base, base, Math.max(0, from), to, Long.MAX_VALUE, false);
        try (KeyValueIterator<Bytes, byte[]> found = timed.scan(scan)) {
            while (found.hasNext()) {
                KeyValue<Bytes, byte[]> row = found.next();
                Object value = Objects.requireNonNull(decode(row.value));
                each.found(keys.timeOf(row.key.get()), value, lastTimestamp);
            }
        }
    }

    /** Sessions of a key that end at or after a time and begin at or before another. */
    public void forEachSession(Object key, long earliestEnd, long latestStart, SessionRow each) {
        forEach(
                key,
                new TimedStore.Scan(
                        null, null, Math.max(0, earliestEnd), Long.MAX_VALUE, latestStart, false),
                (windowed, value, timestamp) ->
                        each.found(Erased.<Windowed<Object>>cast(windowed), value));
    }

    /** Rows of a store without windows, in the order of their key bytes. */
    public void forEachRow(TimedRow each) {
        try (KeyValueIterator<Object, Timed> found = iterate(null, null, false, Timed::new)) {
            while (found.hasNext()) {
                KeyValue<Object, Timed> entry = found.next();
                each.found(entry.key, entry.value.value(), entry.value.timestamp());
            }
        }
    }

    /** Rows whose key bytes begin with a prefix. */
    public void forEachWithPrefix(byte[] prefix, TimedRow each) {
        try (KeyValueIterator<Object, Timed> found = iteratePrefix(prefix, Timed::new)) {
            while (found.hasNext()) {
                KeyValue<Object, Timed> entry = found.next();
                each.found(entry.key, entry.value.value(), entry.value.timestamp());
            }
        }
    }

    private Bytes baseKeyBytes(Object key) {
        try {
            byte[] known = TimedKeys.baseBytes(keySerializer, topic, key);
            if (known != null) {
                return Bytes.wrap(known);
            }
        } catch (ClassCastException e) {
            throw wrongSerde("key", key, keySerializer, e);
        }
        // The bytes of a windowed key begin with those of the key.
        byte[] timed = keyBytes(new Windowed<>(key, new SessionWindow(0, 0))).get();
        return Bytes.wrap(keys((TimedStore) below).keyOf(timed));
    }

    /** Makes an entry's value. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(Object value, long timestamp);
    }

    Object decodeKey(Bytes key) {
        return keyDeserializer.deserialize(topic, key.get());
    }

    @Nullable Object decode(byte @Nullable [] stored) {
        if (stored == null) {
            lastTimestamp = -1;
            lastHeaders = NO_HEADERS;
            return null;
        }
        if (!timestamped && !keepsHeaders) {
            return valueDeserializer.deserialize(topic, stored);
        }
        ByteBuffer buffer = ByteBuffer.wrap(stored);
        if (keepsHeaders) {
            lastHeaders = HeaderBytes.read(buffer);
        }
        if (timestamped) {
            lastTimestamp = buffer.getLong();
        }
        byte[] value = new byte[buffer.remaining()];
        buffer.get(value);
        return keepsHeaders
                ? valueDeserializer.deserialize(topic, lastHeaders, value)
                : valueDeserializer.deserialize(topic, value);
    }

    private Row row(Bytes keyBytes, Object key) {
        int hash = RowTable.hash(keyBytes.get());
        Row row = cache.get(keyBytes, hash);
        if (row == null) {
            row = new Row(keyBytes, hash, key, below.get(keyBytes));
            cache.put(row);
            // Values change size; twice the stored one is a guess that the next flush corrects.
            int valueBytes = row.stored == null ? 32 : 2 * row.stored.length;
            long bytes = (long) ROW_OVERHEAD_BYTES + keyBytes.get().length + valueBytes;
            cacheBytes += bytes;
            if (budget != null) {
                budget.grow(bytes);
            }
        }
        lastRow = row;
        lastKey = key;
        return row;
    }

    private byte @Nullable [] write(
            Bytes key, @Nullable Object value, long timestamp, Headers headers) {
        byte[] serialized = value == null ? null : serializeValue(value, headers);
        byte[] stored = serialized == null ? null : stored(serialized, timestamp, headers);
        below.put(key, stored);
        if (!forgotten.isEmpty()) {
            forgotten.remove(key);
        }
        if (changelog != null) {
            Headers logged = keepsHeaders ? headers : null;
            if (budget == null && !retainDuplicates) {
                logLater(key, serialized, timestamp, logged);
            } else {
                changelog.log(key.get(), serialized, timestamp, logged);
            }
        }
        return stored;
    }

    private void logLater(
            Bytes key, byte @Nullable [] value, long timestamp, @Nullable Headers headers) {
        Unlogged waiting = unlogged.get(key);
        if (waiting == null) {
            waiting = new Unlogged();
            unlogged.put(key, waiting);
            unloggedBytes += ROW_OVERHEAD_BYTES + key.get().length;
        }
        unloggedBytes += size(value) - size(waiting.value);
        waiting.value = value;
        waiting.timestamp = timestamp;
        waiting.headers = headers == null ? null : new RecordHeaders(headers);
        if (unloggedBytes > MAX_UNLOGGED_BYTES) {
            logAll();
        }
    }

    private static int size(byte @Nullable [] value) {
        return value == null ? 0 : value.length;
    }

    private void logAll() {
        if (changelog != null && !unlogged.isEmpty()) {
            RowStore.Changelog log = changelog;
            unlogged.forEach(
                    (key, each) -> log.log(key.get(), each.value, each.timestamp, each.headers));
            unlogged.clear();
            unloggedBytes = 0;
        }
    }

    private byte[] stored(byte[] value, long timestamp, Headers headers) {
        byte[] timed = timestamped ? withTimestamp(value, timestamp) : value;
        return keepsHeaders ? HeaderBytes.prefixed(headers, timed) : timed;
    }

    /** Size of a value when it is stored. */
    public long valueBytes(Object value) {
        return serializeValue(value, NO_HEADERS).length;
    }

    private byte[] serializeValue(Object value, Headers headers) {
        try {
            return keepsHeaders
                    ? valueSerializer.serialize(topic, headers, value)
                    : valueSerializer.serialize(topic, value);
        } catch (ClassCastException e) {
            throw wrongSerde("value", value, valueSerializer, e);
        }
    }

    /** A key as it is stored. */
    public Bytes keyBytes(Object key) {
        byte[] known = context.bytesOf(key, keySerializer);
        if (known != null) {
            return Bytes.wrap(known);
        }
        try {
            return Bytes.wrap(keySerializer.serialize(topic, key));
        } catch (ClassCastException e) {
            throw wrongSerde("key", key, keySerializer, e);
        }
    }

    private StreamsException wrongSerde(
            String what, Object object, Serializer<?> serializer, ClassCastException cause) {
        return new StreamsException(
                "Store "
                        + name
                        + " cannot serialise a "
                        + what
                        + " of "
                        + object.getClass().getName()
                        + " with "
                        + serializer.getClass().getName()
                        + ". Give it fitting serdes (Materialized), or set default.key.serde and default.value.serde.",
                cause);
    }

    private static byte[] withTimestamp(byte[] value, long timestamp) {
        return ByteBuffer.allocate(TIMESTAMP_BYTES + value.length)
                .putLong(timestamp)
                .put(value)
                .array();
    }
}
