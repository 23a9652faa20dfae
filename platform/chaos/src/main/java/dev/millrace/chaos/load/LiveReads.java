package dev.millrace.chaos.load;

import static java.util.Objects.requireNonNull;

import dev.millrace.chaos.check.History;
import dev.millrace.chaos.check.Isolation;
import dev.millrace.chaos.check.ReadRun;
import dev.millrace.chaos.check.Violation;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads everything as it comes, at one isolation level, and asks now and then where it ends. */
final class LiveReads extends Worker {
    private static final int ASK_END_ONE_IN = 10;
    private static final int SESSION_POLLS = 400;

    private final Clients clients;
    private final Isolation isolation;
    private final List<TopicPartition> partitions;
    private final Map<TopicPartition, Long> positions = new HashMap<>();

    LiveReads(
            String name,
            Clients clients,
            History history,
            long seed,
            Isolation isolation,
            List<TopicPartition> partitions) {
        super(name, history, seed);
        this.clients = clients;
        this.isolation = isolation;
        this.partitions = partitions;
    }

    @Override
    void session(int session) throws Exception {
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(
                        name + "." + session,
                        isolation,
                        Map.of(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none"))) {
            consumer.assign(partitions);
            Map<TopicPartition, ReadRun> runs = new HashMap<>();
            for (TopicPartition partition : partitions) {
                long from = positions.getOrDefault(partition, 0L);
                consumer.seek(partition, from);
                ReadRun run = new ReadRun(name + "." + session, isolation, partition, from);
                history.add(run);
                runs.put(partition, run);
            }
            for (int poll = 0; poll < SESSION_POLLS && !stopping(); poll++) {
                read(consumer, runs);
                if (random.nextInt(ASK_END_ONE_IN) == 0) {
                    askForEnd(consumer);
                }
            }
        } catch (OffsetOutOfRangeException e) {
            // Seen of a leader that was suspended, had been replaced and did not know it yet: it
            // ended
            // before a position that was reached at its successor.
            history.add(
                    new Violation(
                            "a reader's position stays",
                            Instant.now() + " " + name + ": " + e.getMessage()));
            throw e;
        }
    }

    private void read(KafkaConsumer<String, String> consumer, Map<TopicPartition, ReadRun> runs) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(250))) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            requireNonNull(runs.get(partition)).add(record.offset(), record.value());
            progress.succeeded();
        }
        runs.forEach(
                (partition, run) -> {
                    long position = consumer.position(partition);
                    run.reached(position);
                    positions.put(partition, position);
                });
    }

    private void askForEnd(KafkaConsumer<String, String> consumer) {
        try {
            consumer.endOffsets(partitions, Duration.ofMillis(500)).forEach(history::sawEnd);
        } catch (TimeoutException e) {
            return; // a leader is away; asked again soon
        }
    }
}
