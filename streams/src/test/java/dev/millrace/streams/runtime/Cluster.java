package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A broker with the topics of one application, and stock clients to look at them. */
final class Cluster {
    final String applicationId = "streams-test-" + UUID.randomUUID();
    final String input = applicationId + "-input";
    final String output = applicationId + "-output";
    final String bootstrapServers;
    private final int partitions;
    private final TestBroker broker;
    private final Admin admin;

    Cluster(int partitions) throws Exception {
        this.partitions = partitions;
        broker = TestBroker.start();
        bootstrapServers = broker.bootstrapServers();
        admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
        admin.createTopics(
                        List.of(
                                new NewTopic(input, partitions, (short) 1),
                                new NewTopic(output, partitions, (short) 1)))
                .all()
                .get();
        // Written to before its leader is there, a topic may lose an idempotent producer's first
        // batch.
        Map<TopicPartition, OffsetSpec> all = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            all.put(new TopicPartition(input, partition), OffsetSpec.latest());
            all.put(new TopicPartition(output, partition), OffsetSpec.latest());
        }
        admin.listOffsets(all).all().get();
    }

    void create(String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        endOffsets(topic); // has a leader then
    }

    /** Lines without keys, in turn to all partitions: none is empty because a batch took all. */
    void write(List<String> lines) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "acks", "all");
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (String line : lines) {
                int partition = sent.size() % partitions;
                sent.add(producer.send(new ProducerRecord<>(input, partition, null, line)));
            }
            producer.flush();
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
    }

    void write(String topic, Map<String, String> records) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "acks", "all");
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (Map.Entry<String, String> each : records.entrySet()) {
                producer.send(new ProducerRecord<>(topic, each.getKey(), each.getValue())).get();
            }
        }
    }

    /** Values of one key, in order. */
    void writeAll(String topic, String key, List<String> values) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "acks", "all");
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            values.forEach(value -> producer.send(new ProducerRecord<>(topic, key, value)));
            producer.flush();
        }
    }

    /** All committed records of the output so far, in the order of each partition. */
    List<ConsumerRecord<String, Long>> readOutput() {
        return read(output, new LongDeserializer());
    }

    List<ConsumerRecord<String, String>> readStrings(String topic) {
        return read(topic, new StringDeserializer());
    }

    private <V> List<ConsumerRecord<String, V>> read(String topic, Deserializer<V> values) {
        List<ConsumerRecord<String, V>> records = new ArrayList<>();
        Map<String, Object> config =
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (KafkaConsumer<String, V> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), values)) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
                consumer.poll(Duration.ofMillis(50)).forEach(records::add);
            }
        }
        return records;
    }

    /** The last value of each key. */
    Map<String, Long> lastCounts() {
        Map<String, Long> counts = new HashMap<>();
        readOutput().forEach(record -> counts.put(record.key(), record.value()));
        return counts;
    }

    /** Whether each key's output is 1, 2, 3, ... up to its count: nothing lost, nothing twice. */
    void assertEveryUpdateOnce(Map<String, Long> truth) {
        Map<String, Long> last = new HashMap<>();
        for (ConsumerRecord<String, Long> update : readOutput()) {
            assertThat(update.value())
                    .as("%s at %s", update.key(), update)
                    .isEqualTo(last.getOrDefault(update.key(), 0L) + 1);
            last.put(update.key(), update.value());
        }
        assertThat(last).isEqualTo(truth);
    }

    /** Whether the group has committed all there is in the application's source topics. */
    boolean allIsCommitted(String... topics) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed =
                admin.listConsumerGroupOffsets(applicationId).partitionsToOffsetAndMetadata().get();
        for (var topic : admin.describeTopics(List.of(topics)).allTopicNames().get().values()) {
            for (var partition : topic.partitions()) {
                TopicPartition each = new TopicPartition(topic.name(), partition.partition());
                long end =
                        admin.listOffsets(Map.of(each, OffsetSpec.latest()))
                                .partitionResult(each)
                                .get()
                                .offset();
                OffsetAndMetadata offset = committed.get(each);
                if (end > 0 && (offset == null || offset.offset() < end)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** First offset that each partition still has. */
    Map<TopicPartition, Long> startOffsets(String topic) throws Exception {
        return offsets(topic, OffsetSpec.earliest());
    }

    Map<TopicPartition, Long> endOffsets(String topic) throws Exception {
        return offsets(topic, OffsetSpec.latest());
    }

    /** Sum of the offsets up to which all partitions can be read; cheap, however much there is. */
    long committedEnd(String topic) throws Exception {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (int partition = 0; partition < partitionsOf(topic); partition++) {
            wanted.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        return admin
                .listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                .all()
                .get()
                .values()
                .stream()
                .mapToLong(found -> found.offset())
                .sum();
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec spec) throws Exception {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (int partition = 0; partition < partitionsOf(topic); partition++) {
            wanted.put(new TopicPartition(topic, partition), spec);
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        admin.listOffsets(wanted)
                .all()
                .get()
                .forEach((partition, found) -> offsets.put(partition, found.offset()));
        return offsets;
    }

    Map<String, String> topicConfig(String topic) throws Exception {
        var resource =
                new org.apache.kafka.common.config.ConfigResource(
                        org.apache.kafka.common.config.ConfigResource.Type.TOPIC, topic);
        Map<String, String> config = new HashMap<>();
        admin.describeConfigs(List.of(resource))
                .all()
                .get()
                .values()
                .forEach(
                        entries ->
                                entries.entries()
                                        .forEach(entry -> config.put(entry.name(), entry.value())));
        return config;
    }

    int partitionsOf(String topic) throws Exception {
        return admin.describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .values()
                .iterator()
                .next()
                .partitions()
                .size();
    }

    void close() throws Exception {
        List<String> mine =
                admin.listTopics().names().get().stream()
                        .filter(name -> name.startsWith(applicationId))
                        .toList();
        admin.deleteTopics(mine).all().get();
        admin.close();
        broker.close();
    }
}
