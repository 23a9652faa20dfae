package dev.millrace.streams.state;

import org.apache.kafka.common.utils.Bytes;

/** Makes session stores of bytes; see {@link Stores}. Times in milliseconds. */
public interface SessionBytesStoreSupplier extends StoreSupplier<SessionStore<Bytes, byte[]>> {
    /** What is too old is deleted by segments of this size. */
    long segmentIntervalMs();

    long retentionPeriod();
}
