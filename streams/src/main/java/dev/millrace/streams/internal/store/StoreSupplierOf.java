package dev.millrace.streams.internal.store;

import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.VersionedBytesStoreSupplier;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;

/** A named kind of store. */
public record StoreSupplierOf(String name, Function<String, LocalStore> kind)
        implements KeyValueBytesStoreSupplier {
    @Override
    public KeyValueStore<Bytes, byte[]> get() {
        return kind.apply(name);
    }

    /** What {@link VersionedRows} are kept in. */
    public record Versioned(String name, long historyRetentionMs)
            implements VersionedBytesStoreSupplier {
        @Override
        public KeyValueStore<Bytes, byte[]> get() {
            return RocksDbStore.buffered(name);
        }
    }
}
