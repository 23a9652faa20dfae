package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.internals.SessionWindow;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.WindowStore;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** A store of windows or sessions that a program's own supplier made. */
abstract sealed class ForeignTimedStore implements TimedStore {
    abstract TimedKeys keys();

    /** A store of windows. */
    static final class OfWindows extends ForeignTimedStore {
        private final WindowStore<Bytes, byte[]> store;

        OfWindows(WindowStore<Bytes, byte[]> store) {
            this.store = store;
        }

        @Override
        TimedKeys keys() {
            return TimedKeys.WINDOWS;
        }

        @Override
        WindowStore<Bytes, byte[]> store() {
            return store;
        }

        @Override
        public byte @Nullable [] get(Bytes key) {
            return store.fetch(Bytes.wrap(keys().keyOf(key.get())), keys().timeOf(key.get()));
        }

        @Override
        public void put(Bytes key, byte @Nullable [] value) {
            store.put(Bytes.wrap(keys().keyOf(key.get())), value, keys().timeOf(key.get()));
        }

        @Override
        public KeyValueIterator<Bytes, byte[]> scan(Scan scan) {
            Bytes from = scan.keyFrom();
            if (scan.oneKey() && from != null) {
                return new Timed<>(
                        scan.reverse()
                                ? store.backwardFetch(from, scan.from(), scan.to())
                                : store.fetch(from, scan.from(), scan.to()),
                        start -> Bytes.wrap(TimedKeys.window(from.get(), start, 0)));
            }
            return new Timed<>(
                    scan.reverse()
                            ? store.backwardFetch(from, scan.keyTo(), scan.from(), scan.to())
                            : store.fetch(from, scan.keyTo(), scan.from(), scan.to()),
                    key -> Bytes.wrap(TimedKeys.window(key.key().get(), key.window().start(), 0)));
        }
    }

    /** A store of sessions. */
    static final class OfSessions extends ForeignTimedStore {
        private final SessionStore<Bytes, byte[]> store;

        OfSessions(SessionStore<Bytes, byte[]> store) {
            this.store = store;
        }

        @Override
        TimedKeys keys() {
            return TimedKeys.SESSIONS;
        }

        @Override
        SessionStore<Bytes, byte[]> store() {
            return store;
        }

        private Windowed<Bytes> windowed(Bytes key) {
            return new Windowed<>(
                    Bytes.wrap(keys().keyOf(key.get())),
                    new SessionWindow(keys().sessionStartOf(key.get()), keys().timeOf(key.get())));
        }

        @Override
        public byte @Nullable [] get(Bytes key) {
            Windowed<Bytes> windowed = windowed(key);
            return store.fetchSession(
                    windowed.key(), windowed.window().start(), windowed.window().end());
        }

        @Override
        public void put(Bytes key, byte @Nullable [] value) {
            if (value == null) {
                store.remove(windowed(key));
            } else {
                store.put(windowed(key), value);
            }
        }

        @Override
        public KeyValueIterator<Bytes, byte[]> scan(Scan scan) {
            Bytes from = scan.keyFrom();
            KeyValueIterator<Windowed<Bytes>, byte[]> found;
            if (from == null && scan.keyTo() == null && scan.to() != Long.MAX_VALUE) {
                found = store.findSessions(scan.from(), scan.to());
            } else if (scan.oneKey() && from != null) {
                found =
                        scan.reverse()
                                ? store.backwardFindSessions(from, scan.from(), scan.latestStart())
                                : store.findSessions(from, scan.from(), scan.latestStart());
            } else {
                found =
                        scan.reverse()
                                ? store.backwardFindSessions(
                                        from, scan.keyTo(), scan.from(), scan.latestStart())
                                : store.findSessions(
                                        from, scan.keyTo(), scan.from(), scan.latestStart());
            }
            return new Timed<>(
                    found,
                    key ->
                            Bytes.wrap(
                                    TimedKeys.session(
                                            key.key().get(),
                                            key.window().start(),
                                            key.window().end())));
        }
    }

    abstract dev.millrace.streams.processor.StateStore store();

    @Override
    public void open(Path directory) {}

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

    @Override
    public KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
        throw new UnsupportedOperationException("A store of windows is scanned by key and time");
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        return scan(new Scan(null, null, 0, Long.MAX_VALUE, Long.MAX_VALUE, false));
    }

    @Override
    public long approximateNumEntries() {
        return -1;
    }

    @Override
    public String name() {
        return store().name();
    }

    @Override
    public void flush() {
        store().flush();
    }

    @Override
    public void close() {
        store().close();
    }

    @Override
    public boolean persistent() {
        return store().persistent();
    }

    @Override
    public boolean isOpen() {
        return store().isOpen();
    }

    /** Gives the keys their times back. */
    private static final class Timed<K> implements KeyValueIterator<Bytes, byte[]> {
        private final KeyValueIterator<K, byte[]> found;
        private final java.util.function.Function<K, Bytes> timedKey;

        Timed(KeyValueIterator<K, byte[]> found, java.util.function.Function<K, Bytes> timedKey) {
            this.found = found;
            this.timedKey = timedKey;
        }

        @Override
        public boolean hasNext() {
            return found.hasNext();
        }

        @Override
        public KeyValue<Bytes, byte[]> next() {
            KeyValue<K, byte[]> entry = found.next();
            return new KeyValue<>(timedKey.apply(entry.key), entry.value);
        }

        @Override
        public Bytes peekNextKey() {
            return timedKey.apply(found.peekNextKey());
        }

        @Override
        public void close() {
            found.close();
        }
    }
}
