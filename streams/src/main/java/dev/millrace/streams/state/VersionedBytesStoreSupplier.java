package dev.millrace.streams.state;

/** Makes versioned stores of bytes; see {@link Stores}. */
public interface VersionedBytesStoreSupplier extends KeyValueBytesStoreSupplier {
    /** How far back versions can be asked for, in milliseconds of stream time. */
    long historyRetentionMs();
}
