package dev.millrace.chaos.load;

import dev.millrace.chaos.check.GroupEvent;
import dev.millrace.chaos.check.History;
import dev.millrace.chaos.check.Isolation;
import dev.millrace.chaos.check.ReadRun;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group that reads a topic and commits after each poll; leaves now and then and comes
 * back, so that partitions move also when nothing fails.
 */
final class GroupMember extends Worker {
    private static final Logger log = LoggerFactory.getLogger(GroupMember.class);
    private static final Duration COMMIT_WITHIN = Duration.ofSeconds(5);
    private static final int LEAVE_ONE_IN_POLLS = 200;

    private final Clients clients;
    private final String group;
    private final String protocol;
    private final String topic;

    /**
     * @param protocol of groups: {@code classic} or {@code consumer}
     */
    GroupMember(
            String name,
            Clients clients,
            History history,
            long seed,
            String group,
            String protocol,
            String topic) {
        super(name, history, seed);
        this.clients = clients;
        this.group = group;
        this.protocol = protocol;
        this.topic = topic;
    }

    @Override
    void session(int session) throws Exception {
        Map<String, Object> settings =
                new HashMap<>(
                        Map.of(
                                ConsumerConfig.GROUP_ID_CONFIG,
                                group,
                                ConsumerConfig.GROUP_PROTOCOL_CONFIG,
                                protocol,
                                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                                "earliest"));
        if (protocol.equals("classic")) {
            settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
        }
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(name + "." + session, Isolation.READ_COMMITTED, settings)) {
            Assigned assigned = new Assigned(consumer, name + "." + session);
            consumer.subscribe(List.of(topic), assigned);
            while (!stopping() && random.nextInt(LEAVE_ONE_IN_POLLS) != 0) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(250));
                if (!records.isEmpty()) {
                    assigned.read(records);
                    commit(consumer, records);
                }
            }
        }
    }

    private void commit(
            KafkaConsumer<String, String> consumer, ConsumerRecords<String, String> records) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            List<ConsumerRecord<String, String>> of = records.records(partition);
            offsets.put(partition, new OffsetAndMetadata(of.get(of.size() - 1).offset() + 1));
        }
        long sentNs = System.nanoTime();
        long acknowledgedNs = GroupEvent.UNANSWERED;
        try {
            consumer.commitSync(offsets, COMMIT_WITHIN);
            acknowledgedNs = System.nanoTime();
            progress.succeeded();
        } catch (KafkaException e) {
            // Lost the partition, or no answer: the next poll or the next owner finds out.
            log.info("{} commit: {}", name, e.toString());
        } finally {
            for (Map.Entry<TopicPartition, OffsetAndMetadata> offset : offsets.entrySet()) {
                history.add(
                        new GroupEvent.Commit(
                                group,
                                offset.getKey(),
                                offset.getValue().offset(),
                                sentNs,
                                acknowledgedNs));
            }
        }
    }

    /** The partitions that a member has, and what it has read of each since it was given it. */
    private final class Assigned implements ConsumerRebalanceListener {
        private final KafkaConsumer<String, String> consumer;
        private final String reader;
        private final Map<TopicPartition, ReadRun> runs = new HashMap<>();

        Assigned(KafkaConsumer<String, String> consumer, String reader) {
            this.consumer = consumer;
            this.reader = reader;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            for (TopicPartition partition : partitions) {
                long askedNs = System.nanoTime();
                long position = consumer.position(partition);
                history.add(
                        new GroupEvent.Resume(
                                group, partition, position, askedNs, System.nanoTime()));
                ReadRun run = new ReadRun(reader, Isolation.READ_COMMITTED, partition, position);
                history.add(run);
                runs.put(partition, run);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(runs::remove);
        }

        void read(ConsumerRecords<String, String> records) {
            for (ConsumerRecord<String, String> record : records) {
                ReadRun run = runs.get(new TopicPartition(record.topic(), record.partition()));
                if (run != null) {
                    run.add(record.offset(), record.value());
                }
            }
        }
    }
}
