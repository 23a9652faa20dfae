package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.errors.ProcessorStateException;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Instances;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.RocksDBConfigSetter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Rows in RocksDB under {@code <task directory>/rocksdb/<store>}. Without a write-ahead log: the
 * changelog is the log, and what a crash takes is read again from the checkpointed offset. All
 * stores of a process share one block cache.
 */
public final class RocksDbStore implements LocalStore {
    private static final long BLOCK_CACHE_BYTES = 64L << 20;
    private static final long WRITE_BUFFER_BYTES = 8L << 20;
    private static final int BITS_PER_KEY = 10;
    private static final int MAX_OPEN_FILES = 256;

    /** Native memory of the process; never closed. */
    private static final class Shared {
        static final Cache BLOCK_CACHE;

        static {
            RocksDB.loadLibrary();
            BLOCK_CACHE = new LRUCache(BLOCK_CACHE_BYTES);
        }
    }

    /** Loads the library, which takes a while the first time, on a thread of its own. */
    public static void preload() {
        Thread loader = new Thread(() -> Shared.BLOCK_CACHE.getUsage(), "rocksdb-load");
        loader.setDaemon(true);
        loader.start();
    }

    private final String name;
    private final List<RocksIterator> iterators = new ArrayList<>();
    private Map<String, Object> configs = Map.of();
    private @Nullable RocksDBConfigSetter setter;
    private @Nullable RocksDB db;
    private @Nullable Options options;
    private @Nullable BloomFilter filter;
    private @Nullable WriteOptions writeOptions;
    private @Nullable Path path;

    /** As topologies use it: the newest writes wait for a batch. */
    public static LocalStore buffered(String name) {
        return new WriteBehindStore(new RocksDbStore(name));
    }

    public RocksDbStore(String name) {
        this.name = name;
    }

    @Override
    public void configure(Map<String, Object> configs) {
        this.configs = configs;
        Object named = configs.get(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG);
        if (named != null) {
            setter =
                    named instanceof Class<?> type
                            ? Instances.of(type.asSubclass(RocksDBConfigSetter.class))
                            : newSetter(String.valueOf(named));
        }
    }

    private static RocksDBConfigSetter newSetter(String name) {
        try {
            return Instances.of(name, RocksDBConfigSetter.class);
        } catch (ClassNotFoundException e) {
            throw new ConfigException(
                    StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG,
                    name,
                    "there is no such class");
        }
    }

    @Override
    public void open(Path directory) {
        Path path = directory.resolve("rocksdb").resolve(name);
        Cache blockCache = Shared.BLOCK_CACHE;
        BloomFilter bloom = new BloomFilter(BITS_PER_KEY, false);
        Options opened =
                new Options()
                        .setCreateIfMissing(true)
                        .setWriteBufferSize(WRITE_BUFFER_BYTES)
                        .setMaxWriteBufferNumber(3)
                        .setCompressionType(CompressionType.NO_COMPRESSION)
                        .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL)
                        .setMaxOpenFiles(MAX_OPEN_FILES)
                        .setTableFormatConfig(
                                new BlockBasedTableConfig()
                                        .setBlockCache(blockCache)
                                        .setCacheIndexAndFilterBlocks(true)
                                        .setFilterPolicy(bloom));
        RocksDBConfigSetter program = setter;
        if (program != null) {
            program.setConfig(name, opened, configs);
        }
        try {
            Files.createDirectories(path);
            db = RocksDB.open(opened, path.toString());
        } catch (IOException | RocksDBException e) {
            opened.close();
            bloom.close();
            throw new ProcessorStateException(
                    "Error opening store " + name + " at location " + path, e);
        }
        this.path = path;
        options = opened;
        filter = bloom;
        writeOptions = new WriteOptions().setDisableWAL(true);
    }

    private RocksDB db() {
        if (db == null) {
            throw new InvalidStateStoreException("Store " + name + " is not open");
        }
        return db;
    }

    private WriteOptions writeOptions() {
        if (writeOptions == null) {
            throw new InvalidStateStoreException("Store " + name + " is not open");
        }
        return writeOptions;
    }

    @Override
    public byte @Nullable [] get(Bytes key) {
        try {
            return db().get(key.get());
        } catch (RocksDBException e) {
            throw failed("get", e);
        }
    }

    @Override
    public void put(Bytes key, byte @Nullable [] value) {
        try {
            if (value == null) {
                db().delete(writeOptions(), key.get());
            } else {
                db().put(writeOptions(), key.get(), value);
            }
        } catch (RocksDBException e) {
            throw failed("put", e);
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
        try (WriteBatch batch = new WriteBatch()) {
            for (KeyValue<Bytes, byte[]> entry : entries) {
                if (entry.value == null) {
                    batch.delete(entry.key.get());
                } else {
                    batch.put(entry.key.get(), entry.value);
                }
            }
            db().write(writeOptions(), batch);
        } catch (RocksDBException e) {
            throw failed("putAll", e);
        }
    }

    @Override
    public byte @Nullable [] delete(Bytes key) {
        byte[] present = get(key);
        put(key, null);
        return present;
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
        return iterator(from, to, false);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseRange(@Nullable Bytes from, @Nullable Bytes to) {
        return iterator(from, to, true);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        return iterator(null, null, false);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseAll() {
        return iterator(null, null, true);
    }

    private KeyValueIterator<Bytes, byte[]> iterator(
            @Nullable Bytes from, @Nullable Bytes to, boolean reverse) {
        RocksIterator raw = db().newIterator();
        iterators.add(raw);
        return new Rows(raw, from, to, reverse);
    }

    @Override
    public long approximateNumEntries() {
        try {
            return db().getLongProperty("rocksdb.estimate-num-keys");
        } catch (RocksDBException e) {
            throw failed("approximateNumEntries", e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    /** Durable on return. */
    @Override
    public void flush() {
        try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
            db().flush(wait);
        } catch (RocksDBException e) {
            throw failed("flush", e);
        }
    }

    @Override
    public void close() {
        iterators.forEach(RocksIterator::close);
        iterators.clear();
        if (db != null) {
            db.close();
            db = null;
        }
        if (writeOptions != null) {
            writeOptions.close();
            writeOptions = null;
        }
        if (options != null) {
            if (setter != null) {
                setter.close(name, options);
            }
            options.close();
            options = null;
        }
        if (filter != null) {
            filter.close();
            filter = null;
        }
    }

    @Override
    public void destroy() {
        Path closed = path;
        close();
        if (closed != null) {
            try (Options none = new Options()) {
                RocksDB.destroyDB(closed.toString(), none);
                Files.deleteIfExists(closed);
            } catch (IOException | RocksDBException e) {
                throw new StreamsException("Cannot delete " + closed + " of store " + name, e);
            }
        }
    }

    @Override
    public boolean persistent() {
        return true;
    }

    @Override
    public boolean isOpen() {
        return db != null;
    }

    private StreamsException failed(String operation, RocksDBException cause) {
        return new ProcessorStateException(
                "RocksDB cannot " + operation + " in store " + name, cause);
    }

    private final class Rows implements KeyValueIterator<Bytes, byte[]> {
        private final RocksIterator raw;
        private final @Nullable Bytes from;
        private final @Nullable Bytes to;
        private final boolean reverse;

        Rows(RocksIterator raw, @Nullable Bytes from, @Nullable Bytes to, boolean reverse) {
            this.raw = raw;
            this.from = from;
            this.to = to;
            this.reverse = reverse;
            if (reverse) {
                if (to == null) {
                    raw.seekToLast();
                } else {
                    raw.seekForPrev(to.get());
                }
            } else if (from == null) {
                raw.seekToFirst();
            } else {
                raw.seek(from.get());
            }
        }

        @Override
        public boolean hasNext() {
            if (!raw.isOwningHandle() || !raw.isValid()) {
                return false;
            }
            Bytes key = Bytes.wrap(raw.key());
            return reverse
                    ? from == null || key.compareTo(from) >= 0
                    : to == null || key.compareTo(to) <= 0;
        }

        @Override
        public KeyValue<Bytes, byte[]> next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            KeyValue<Bytes, byte[]> entry = new KeyValue<>(Bytes.wrap(raw.key()), raw.value());
            if (reverse) {
                raw.prev();
            } else {
                raw.next();
            }
            return entry;
        }

        @Override
        public Bytes peekNextKey() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return Bytes.wrap(raw.key());
        }

        @Override
        public void close() {
            iterators.remove(raw);
            raw.close();
        }
    }
}
