package dev.millrace.streams;

import dev.millrace.streams.test.TestRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads what the topology wrote to a topic, each record once. Reading beyond the last throws {@link
 * java.util.NoSuchElementException}.
 */
public class TestOutputTopic<K, V> {
    private final TopologyTestDriver driver;
    private final String topic;
    private final Deserializer<K> keyDeserializer;
    private final Deserializer<V> valueDeserializer;

    TestOutputTopic(
            TopologyTestDriver driver,
            String topic,
            Deserializer<K> keyDeserializer,
            Deserializer<V> valueDeserializer) {
        this.driver = Objects.requireNonNull(driver, "driver cannot be null");
        this.topic = Objects.requireNonNull(topic, "topicName cannot be null");
        this.keyDeserializer = keyDeserializer;
        this.valueDeserializer = valueDeserializer;
    }

    public V readValue() {
        return readRecord().value();
    }

    public KeyValue<K, V> readKeyValue() {
        TestRecord<K, V> record = readRecord();
        return new KeyValue<>(record.key(), record.value());
    }

    public TestRecord<K, V> readRecord() {
        return driver.readRecord(topic, keyDeserializer, valueDeserializer);
    }

    public List<TestRecord<K, V>> readRecordsToList() {
        List<TestRecord<K, V>> records = new ArrayList<>();
        while (!isEmpty()) {
            records.add(readRecord());
        }
        return records;
    }

    /** The last value of each key. */
    public Map<K, V> readKeyValuesToMap() {
        Map<K, V> last = new LinkedHashMap<>();
        while (!isEmpty()) {
            TestRecord<K, V> record = readRecord();
            if (record.key() == null) {
                throw new IllegalStateException(
                        "Null keys not allowed with readKeyValuesToMap method");
            }
            last.put(record.key(), record.value());
        }
        return last;
    }

    public List<KeyValue<K, V>> readKeyValuesToList() {
        List<KeyValue<K, V>> pairs = new ArrayList<>();
        while (!isEmpty()) {
            pairs.add(readKeyValue());
        }
        return pairs;
    }

    public List<V> readValuesToList() {
        List<V> values = new ArrayList<>();
        while (!isEmpty()) {
            values.add(readValue());
        }
        return values;
    }

    public final long getQueueSize() {
        return driver.queueSize(topic);
    }

    public final boolean isEmpty() {
        return getQueueSize() == 0;
    }

    @Override
    public String toString() {
        return "TestOutputTopic[topic='"
                + topic
                + "', keyDeserializer="
                + keyDeserializer.getClass().getSimpleName()
                + ", valueDeserializer="
                + valueDeserializer.getClass().getSimpleName()
                + ", size="
                + getQueueSize()
                + "]";
    }
}
