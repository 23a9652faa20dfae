package dev.millrace.streams.internal.store;

import dev.millrace.streams.state.HeadersBytesStoreSupplier;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.VersionedBytesStoreSupplier;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;

/**
 * A named kind of store.
 *
 * @param scope of its kind, in metrics
 */
public record StoreSupplierOf(String name, String scope, Function<String, LocalStore> kind)
        implements KeyValueBytesStoreSupplier {
    @Override
    public KeyValueStore<Bytes, byte[]> get() {
        return kind.apply(name);
    }

    @Override
    public String metricsScope() {
        return scope;
    }

    /** On disk, of rows with headers. */
    public record WithHeaders(String name)
            implements KeyValueBytesStoreSupplier, HeadersBytesStoreSupplier {
        @Override
        public KeyValueStore<Bytes, byte[]> get() {
            return RocksDbStore.buffered(name);
        }

        @Override
        public String metricsScope() {
            return "rocksdb";
        }
    }

    /** What {@link VersionedRows} are kept in. */
    public record Versioned(String name, long historyRetentionMs)
            implements VersionedBytesStoreSupplier {
        @Override
        public String metricsScope() {
            return "rocksdb-versioned";
        }

        @Override
        public KeyValueStore<Bytes, byte[]> get() {
            return RocksDbStore.buffered(name);
        }
    }
}
