package dev.millrace.chaos.load;

import dev.millrace.chaos.check.History;
import dev.millrace.chaos.check.Write;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Records outside of transactions, at a steady pace, to the partitions in turn.
 *
 * <p>Plain: acks=all and no retries, so that no record can be there twice. Idempotent: as a
 * producer is by default; a session is one producer, with a writer's name of its own, because the
 * order is that of one producer.
 */
final class Writes extends Worker {
    private static final int SESSION_RECORDS = 4_000;

    private final Clients clients;
    private final String topic;
    private final int partitions;
    private final boolean idempotent;
    private final int pauseMs;

    Writes(
            String name,
            Clients clients,
            History history,
            long seed,
            String topic,
            int partitions,
            boolean idempotent,
            int perSecond) {
        super(name, history, seed);
        this.clients = clients;
        this.topic = topic;
        this.partitions = partitions;
        this.idempotent = idempotent;
        this.pauseMs = 1_000 / perSecond;
    }

    @Override
    void session(int session) throws Exception {
        String writer = name + "." + session;
        if (idempotent) {
            history.keepsOrder(writer);
        }
        Map<String, Object> settings =
                idempotent
                        ? Map.of()
                        : Map.of(
                                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                                false,
                                ProducerConfig.ACKS_CONFIG,
                                "all",
                                ProducerConfig.RETRIES_CONFIG,
                                0);
        KafkaProducer<String, String> producer = clients.producer(writer, settings);
        try {
            for (long number = 0; number < SESSION_RECORDS && !stopping(); number++) {
                send(producer, writer, number);
                Thread.sleep(pauseMs);
            }
        } finally {
            // Every attempt has its outcome when this returns: the producer fails what is left.
            producer.close(Clients.CLOSE);
        }
    }

    private void send(KafkaProducer<String, String> producer, String writer, long number) {
        TopicPartition partition = new TopicPartition(topic, (int) (number % partitions));
        Write attempt = new Write(writer, number, partition, new Write.Unknown("not sent"));
        try {
            producer.send(
                    new ProducerRecord<>(topic, partition.partition(), null, attempt.value()),
                    (metadata, error) -> {
                        if (error == null) {
                            progress.succeeded();
                        }
                        history.add(
                                new Write(
                                        writer,
                                        number,
                                        partition,
                                        error == null
                                                ? new Write.Acknowledged(
                                                        metadata.hasOffset()
                                                                ? metadata.offset()
                                                                : -1)
                                                : new Write.Unknown(error.toString())));
                    });
        } catch (KafkaException e) {
            // Thrown before anything was sent, by a producer that can go on no longer.
            history.add(attempt);
            throw e;
        }
    }
}
