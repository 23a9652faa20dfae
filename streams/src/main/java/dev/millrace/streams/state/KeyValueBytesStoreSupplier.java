package dev.millrace.streams.state;

import org.apache.kafka.common.utils.Bytes;

/** Makes stores of bytes; see {@link Stores}. */
public interface KeyValueBytesStoreSupplier extends StoreSupplier<KeyValueStore<Bytes, byte[]>> {}
