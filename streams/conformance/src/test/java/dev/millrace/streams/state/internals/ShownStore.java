package dev.millrace.streams.state.internals;

import dev.millrace.streams.internal.store.StoreFactory;
import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.DslStoreSuppliers;

/** A store that a topology would have: its name, its kind, and whether it is on the disk. */
public class ShownStore implements StateStore {
    private final String name;
    private final boolean persistent;

    ShownStore(String name, boolean persistent) {
        this.name = name;
        this.persistent = persistent;
    }

    /**
     * @param defaults of stores whose operator chooses none
     */
    public static ShownStore of(StoreSpec spec, DslStoreSuppliers defaults) {
        boolean persistent = new StoreFactory(spec, defaults, false).persistent();
        if (spec.kind() instanceof StoreKind.KeyValue) {
            return persistent
                    ? new RocksDBStore(spec.name())
                    : new InMemoryKeyValueStore(spec.name());
        }
        if (spec.kind() instanceof StoreKind.Windows) {
            return persistent
                    ? new PlainToHeadersWindowStoreAdapter(spec.name())
                    : new InMemoryWindowStore(spec.name());
        }
        if (spec.kind() instanceof StoreKind.Sessions && !persistent) {
            return new InMemorySessionStore(spec.name());
        }
        return new ShownStore(spec.name(), persistent);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void close() {}

    @Override
    public boolean persistent() {
        return persistent;
    }

    @Override
    public boolean isOpen() {
        return false;
    }
}
