package dev.millrace.streams.state.internals;

/** Rows on the disk. */
public final class RocksDBStore extends ShownStore {
    RocksDBStore(String name) {
        super(name, true);
    }
}
