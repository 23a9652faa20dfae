package dev.millrace.chaos.load;

import dev.millrace.chaos.check.Entry;
import dev.millrace.chaos.check.History;
import dev.millrace.chaos.check.Isolation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Copies a topic, partition by partition: reads, writes and commits its offsets in one transaction.
 * Any failure ends the session; the next begins at the committed offsets.
 */
final class Copying extends Worker {
    private static final int TRANSACTION_TIMEOUT_MS = 10_000;
    private static final int ABORT_ONE_IN = 20;
    private static final int PAUSE_MS = 100;

    private final Clients clients;
    private final String source;
    private final String target;
    private final List<TopicPartition> partitions = new ArrayList<>();

    Copying(
            String name,
            Clients clients,
            History history,
            long seed,
            String source,
            String target,
            int partitionCount) {
        super(name, history, seed);
        this.clients = clients;
        this.source = source;
        this.target = target;
        for (int i = 0; i < partitionCount; i++) {
            partitions.add(new TopicPartition(source, i));
        }
        history.copies(source, target);
    }

    @Override
    void session(int session) throws Exception {
        try (KafkaProducer<String, String> producer =
                        clients.producer(
                                name + "." + session,
                                Map.of(
                                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                                        name,
                                        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                                        TRANSACTION_TIMEOUT_MS));
                KafkaConsumer<String, String> consumer =
                        clients.consumer(
                                name + "." + session,
                                Isolation.READ_COMMITTED,
                                Map.of(
                                        ConsumerConfig.GROUP_ID_CONFIG,
                                        name,
                                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                                        "none"))) {
            // First: this ends the last session's transaction, which decides its offsets.
            producer.initTransactions();
            consumer.assign(partitions);
            Map<TopicPartition, OffsetAndMetadata> committed =
                    consumer.committed(new HashSet<>(partitions));
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata at = committed.get(partition);
                consumer.seek(partition, at == null ? 0 : at.offset());
            }
            while (!stopping()) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
                if (!records.isEmpty() && !copy(records, consumer, producer)) {
                    return;
                }
                Thread.sleep(PAUSE_MS);
            }
        }
    }

    private boolean copy(
            ConsumerRecords<String, String> records,
            KafkaConsumer<String, String> consumer,
            KafkaProducer<String, String> producer) {
        producer.beginTransaction();
        for (ConsumerRecord<String, String> record : records) {
            String copy = new Entry(record.offset(), record.value()).copy();
            producer.send(new ProducerRecord<>(target, record.partition(), null, copy));
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            offsets.put(partition, new OffsetAndMetadata(consumer.position(partition)));
        }
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        if (random.nextInt(ABORT_ONE_IN) == 0) {
            producer.abortTransaction();
            return false; // what was read is past; the next session reads it again
        }
        producer.commitTransaction();
        progress.succeeded();
        return true;
    }

    /** How many records of the source it has still to copy, asked with a client of its own. */
    long lag() {
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(
                        name + ".lag",
                        Isolation.READ_COMMITTED,
                        Map.of(ConsumerConfig.GROUP_ID_CONFIG, name))) {
            Map<TopicPartition, OffsetAndMetadata> committed =
                    consumer.committed(new HashSet<>(partitions));
            long lag = 0;
            for (Map.Entry<TopicPartition, Long> end : consumer.endOffsets(partitions).entrySet()) {
                OffsetAndMetadata at = committed.get(end.getKey());
                lag += end.getValue() - (at == null ? 0 : at.offset());
            }
            return lag;
        }
    }

    String source() {
        return source;
    }
}
