package dev.millrace.streams.state;

import org.apache.kafka.common.utils.Bytes;

/** Makes window stores of bytes; see {@link Stores}. Times in milliseconds. */
public interface WindowBytesStoreSupplier extends StoreSupplier<WindowStore<Bytes, byte[]>> {
    /** What is too old is deleted by segments of this size. */
    long segmentIntervalMs();

    long windowSize();

    /** Whether a key may have several values in a window, as joins need. */
    boolean retainDuplicates();

    long retentionPeriod();
}
