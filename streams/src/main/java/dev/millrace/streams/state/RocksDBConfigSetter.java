package dev.millrace.streams.state;

import java.util.Map;
import org.rocksdb.Options;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes the options of RocksDB: the class that {@code rocksdb.config.setter} names. */
public interface RocksDBConfigSetter {
    Logger LOG = LoggerFactory.getLogger(RocksDBConfigSetter.class);

    /**
     * Before a store is opened.
     *
     * @param configs of the application
     */
    void setConfig(String storeName, Options options, Map<String, Object> configs);

    /** After a store was closed: whatever of RocksDB {@link #setConfig} made goes here. */
    void close(String storeName, Options options);
}
