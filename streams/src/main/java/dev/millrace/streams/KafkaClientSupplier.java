package dev.millrace.streams;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/** Makes the clients of an instance, for programs that bring their own. */
public interface KafkaClientSupplier {
    default Admin getAdmin(Map<String, Object> config) {
        throw new UnsupportedOperationException(
                "Implementations of KafkaClientSupplier should implement the getAdmin() method.");
    }

    Producer<byte[], byte[]> getProducer(Map<String, Object> config);

    /** Reads source topics. */
    Consumer<byte[], byte[]> getConsumer(Map<String, Object> config);

    /** Reads changelogs. */
    Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config);

    /** Reads the topics of global stores. */
    Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config);
}
