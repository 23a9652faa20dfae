package dev.millrace.chaos.load;

import dev.millrace.chaos.check.History;
import dev.millrace.chaos.check.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Money moved between accounts, which are partitions: in each transaction one record takes and
 * another gives; one in ten is aborted. After an outcome that is not known a new producer of the
 * same transactional id begins, which makes the broker bring the last transaction to an end.
 */
final class BankTransfers extends Worker {
    private static final Logger log = LoggerFactory.getLogger(BankTransfers.class);
    private static final int TRANSACTION_TIMEOUT_MS = 10_000;
    private static final int ABORT_ONE_IN = 10;
    private static final int SESSION_TRANSACTIONS = 500;

    private final Clients clients;
    private final String topic;
    private final int accounts;
    private final int pauseMs;
    private long number;

    BankTransfers(
            String name,
            Clients clients,
            History history,
            long seed,
            String topic,
            int accounts,
            int perSecond) {
        super(name, history, seed);
        this.clients = clients;
        this.topic = topic;
        this.accounts = accounts;
        this.pauseMs = 1_000 / perSecond;
    }

    @Override
    void session(int session) throws Exception {
        KafkaProducer<String, String> producer =
                clients.producer(
                        name + "." + session,
                        Map.of(
                                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                                name,
                                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                                TRANSACTION_TIMEOUT_MS));
        try {
            producer.initTransactions();
            for (int done = 0; done < SESSION_TRANSACTIONS && !stopping(); done++) {
                if (!transfer(producer)) {
                    return;
                }
                Thread.sleep(pauseMs);
            }
        } finally {
            producer.close(Clients.CLOSE);
        }
    }

    /** Whether the producer can be used for another. */
    private boolean transfer(KafkaProducer<String, String> producer) {
        long id = number++;
        int from = random.nextInt(accounts);
        int to = (from + 1 + random.nextInt(accounts - 1)) % accounts;
        long amount = 1L + random.nextInt(100);
        List<String> values =
                List.of(Transfer.value(name, id, 0, -amount), Transfer.value(name, id, 1, amount));
        List<TopicPartition> partitions =
                List.of(new TopicPartition(topic, from), new TopicPartition(topic, to));
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        Transfer.End end = Transfer.End.UNKNOWN;
        boolean goesOn = false;
        try {
            producer.beginTransaction();
            for (int part = 0; part < values.size(); part++) {
                sent.add(
                        producer.send(
                                new ProducerRecord<>(
                                        topic,
                                        partitions.get(part).partition(),
                                        null,
                                        values.get(part))));
            }
            if (random.nextInt(ABORT_ONE_IN) == 0) {
                producer.flush();
                producer.abortTransaction();
                end = Transfer.End.ABORTED;
            } else {
                producer.commitTransaction();
                end = Transfer.End.COMMITTED;
                progress.succeeded();
            }
            goesOn = true;
        } catch (InterruptException e) {
            throw e; // its outcome is written down below
        } catch (KafkaException e) {
            log.info("{} transaction {}: {}", name, id, e.toString());
        } finally {
            history.add(new Transfer(name, id, parts(partitions, values, sent), end));
        }
        return goesOn;
    }

    private static List<Transfer.Part> parts(
            List<TopicPartition> partitions,
            List<String> values,
            List<Future<RecordMetadata>> sent) {
        List<Transfer.Part> parts = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            parts.add(
                    new Transfer.Part(
                            partitions.get(i),
                            values.get(i),
                            i < sent.size() ? offset(sent.get(i)) : -1));
        }
        return parts;
    }

    private static long offset(Future<RecordMetadata> sent) {
        try {
            return sent.isDone() && sent.get().hasOffset() ? sent.get().offset() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        } catch (java.util.concurrent.ExecutionException e) {
            return -1; // not acknowledged: that is all there is to know of it here
        }
    }
}
