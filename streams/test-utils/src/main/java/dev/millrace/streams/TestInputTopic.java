package dev.millrace.streams;

import dev.millrace.streams.test.TestRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Pipes records into a source topic; each call returns when its records are processed to the end.
 */
public class TestInputTopic<K, V> {
    private final TopologyTestDriver driver;
    private final String topic;
    private final Serializer<K> keySerializer;
    private final Serializer<V> valueSerializer;
    private final Duration advance;
    private Instant current;

    TestInputTopic(
            TopologyTestDriver driver,
            String topic,
            Serializer<K> keySerializer,
            Serializer<V> valueSerializer,
            Instant start,
            Duration advance) {
        if (advance.isNegative()) {
            throw new IllegalArgumentException("autoAdvance must be positive");
        }
        this.driver = Objects.requireNonNull(driver, "driver cannot be null");
        this.topic = Objects.requireNonNull(topic, "topicName cannot be null");
        this.keySerializer = keySerializer;
        this.valueSerializer = valueSerializer;
        this.current = start;
        this.advance = advance;
    }

    /** Moves the time of the next record without a timestamp. */
    public void advanceTime(Duration advance) {
        if (advance.isNegative()) {
            throw new IllegalArgumentException("advance must be positive");
        }
        current = current.plus(advance);
    }

    private Instant nextTime() {
        Instant time = current;
        current = current.plus(advance);
        return time;
    }

    public void pipeInput(TestRecord<K, V> record) {
        driver.pipeRecord(
                topic,
                record,
                keySerializer,
                valueSerializer,
                record.timestamp() == null ? nextTime() : null);
    }

    public void pipeInput(@Nullable V value) {
        pipeInput(new TestRecord<>(null, value));
    }

    public void pipeInput(@Nullable K key, @Nullable V value) {
        pipeInput(new TestRecord<>(key, value));
    }

    public void pipeInput(@Nullable V value, Instant timestamp) {
        pipeInput(new TestRecord<>(null, value, timestamp));
    }

    /**
     * @param timestampMs milliseconds since the epoch
     */
    public void pipeInput(@Nullable K key, @Nullable V value, long timestampMs) {
        pipeInput(new TestRecord<>(key, value, null, timestampMs));
    }

    public void pipeInput(@Nullable K key, @Nullable V value, Instant timestamp) {
        pipeInput(new TestRecord<>(key, value, timestamp));
    }

    public void pipeRecordList(List<? extends TestRecord<K, V>> records) {
        records.forEach(this::pipeInput);
    }

    public void pipeKeyValueList(List<KeyValue<K, V>> keyValues) {
        keyValues.forEach(pair -> pipeInput(pair.key, pair.value));
    }

    public void pipeValueList(List<V> values) {
        values.forEach(this::pipeInput);
    }

    public void pipeKeyValueList(List<KeyValue<K, V>> keyValues, Instant start, Duration advance) {
        Instant time = start;
        for (KeyValue<K, V> pair : keyValues) {
            pipeInput(pair.key, pair.value, time);
            time = time.plus(advance);
        }
    }

    public void pipeValueList(List<V> values, Instant start, Duration advance) {
        Instant time = start;
        for (V value : values) {
            pipeInput(value, time);
            time = time.plus(advance);
        }
    }

    @Override
    public String toString() {
        return "TestInputTopic[topic='"
                + topic
                + "', keySerializer="
                + keySerializer.getClass().getSimpleName()
                + ", valueSerializer="
                + valueSerializer.getClass().getSimpleName()
                + "]";
    }
}
