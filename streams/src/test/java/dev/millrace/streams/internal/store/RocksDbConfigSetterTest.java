package dev.millrace.streams.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.state.RocksDBConfigSetter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;

class RocksDbConfigSetterTest {
    private static final List<String> SEEN = new ArrayList<>();

    @TempDir private Path directory;

    /** Changes one option, and notes its calls. */
    public static final class Small implements RocksDBConfigSetter {
        @Override
        public void setConfig(String storeName, Options options, Map<String, Object> configs) {
            options.setWriteBufferSize(1 << 20);
            SEEN.add("set " + storeName + " " + configs.get("mine"));
        }

        @Override
        public void close(String storeName, Options options) {
            SEEN.add("close " + storeName + " " + options.writeBufferSize());
        }
    }

    @BeforeEach
    void forget() {
        SEEN.clear();
    }

    @Test
    void sees_the_options_before_the_store_opens_and_when_it_is_closed() {
        LocalStore store = RocksDbStore.buffered("rows");
        store.configure(
                Map.of(
                        StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG,
                        Small.class.getName(),
                        "mine",
                        "yes"));

        store.open(directory);
        store.put(Bytes.wrap(new byte[] {1}), new byte[] {2});
        store.close();

        assertThat(SEEN).containsExactly("set rows yes", "close rows " + (1 << 20));
    }

    @Test
    void a_class_that_is_not_there_is_named() {
        LocalStore store = new RocksDbStore("rows");

        assertThatThrownBy(
                        () ->
                                store.configure(
                                        Map.of(
                                                StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG,
                                                "none.Such")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("none.Such");
    }
}
