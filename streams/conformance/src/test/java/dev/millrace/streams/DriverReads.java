package dev.millrace.streams;

import dev.millrace.streams.test.TestRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What Kafka Streams' tests ask of methods of its driver that programs do not see. */
public final class DriverReads {
    private DriverReads() {}

    public static ProducerRecord<byte[], byte[]> record(TopologyTestDriver driver, String topic) {
        TestRecord<byte[], byte[]> read =
                driver.readRecord(
                        topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        return new ProducerRecord<>(
                topic, null, read.timestamp(), read.key(), read.value(), read.headers());
    }

    public static boolean isEmpty(TopologyTestDriver driver, String topic) {
        return driver.createOutputTopic(
                        topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .isEmpty();
    }
}
