package dev.millrace.streams.state;

import java.util.Map;
import org.apache.kafka.common.Configurable;

/** A kind of store for all operators that name none. */
public interface DslStoreSuppliers extends Configurable {
    @Override
    default void configure(Map<String, ?> configs) {}

    KeyValueBytesStoreSupplier keyValueStore(DslKeyValueParams params);

    WindowBytesStoreSupplier windowStore(DslWindowParams params);

    SessionBytesStoreSupplier sessionStore(DslSessionParams params);
}
