package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.txn.TxnCoordinator;
import dev.millrace.log.LogConfig;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.LogDirectoryConfig;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a broker finds of transactions when it starts. */
@Timeout(60)
class TransactionRestartTest {
    private static final Map<String, String> PROPERTIES =
            Map.of("transaction.state.log.num.partitions", "1");
    private static final TopicPartition STATE =
            new TopicPartition(TxnCoordinator.TRANSACTIONS_TOPIC, 0);

    @TempDir Path directory;
    private final InMemoryCluster cluster = new InMemoryCluster(1);

    private static KafkaProducer<String, String> open(LocalBroker broker) throws Exception {
        KafkaProducer<String, String> producer =
                broker.clients.producer(Map.of("transactional.id", "id"));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("t", "x")).get();
        return producer;
    }

    private static PartitionLog log(LocalBroker broker) {
        return Objects.requireNonNull(broker.broker().partition(new TopicPartition("t", 0))).log();
    }

    private static List<String> committed(LocalBroker broker, int count) {
        try (KafkaConsumer<String, String> consumer =
                broker.clients.consumer(Map.of("isolation.level", "read_committed"))) {
            consumer.assign(List.of(new TopicPartition("t", 0)));
            consumer.seekToBeginning(consumer.assignment());
            return Clients.poll(consumer, count).stream().map(ConsumerRecord::value).toList();
        }
    }

    private static byte[] bytes(Message message, int version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(2 + message.size(cache, (short) version));
        bytes.putShort((short) version);
        message.write(new ByteBufferAccessor(bytes), cache, (short) version);
        return bytes.array();
    }

    /** As if the broker had died right after it had decided. */
    private void decide(long producerId, int epoch, int state) throws IOException {
        TransactionLogValue value =
                new TransactionLogValue()
                        .setProducerId(producerId)
                        .setProducerEpoch((short) epoch)
                        .setTransactionTimeoutMs(60_000)
                        .setTransactionStatus((byte) state)
                        .setTransactionPartitions(
                                List.of(
                                        new TransactionLogValue.PartitionsSchema()
                                                .setTopic("t")
                                                .setPartitionIds(List.of(0))))
                        .setTransactionStartTimestampMs(1)
                        .setTransactionLastUpdateTimestampMs(2)
                        .setClientTransactionVersion((short) 2);
        try (LogDirectory logs =
                LogDirectory.open(
                        directory,
                        LogDirectoryConfig.of(cluster.image().clusterId(), 1),
                        topic -> LogConfig.DEFAULT)) {
            PartitionLog log = logs.log(STATE).orElseThrow();
            log.appendAsLeader(
                    new RecordBatchBuilder()
                            .append(
                                    2,
                                    bytes(new TransactionLogKey().setTransactionalId("id"), 0),
                                    bytes(value, 1))
                            .build(),
                    0,
                    AppendOrigin.COORDINATOR);
        }
    }

    @ParameterizedTest
    @CsvSource({"2, x", "3, "})
    void a_decision_without_its_markers_is_carried_out(int state, String visible) throws Exception {
        LocalBroker broker = new LocalBroker(directory, cluster, PROPERTIES);
        cluster.createTopic("t", 1, 1, Map.of(), Map.of());
        KafkaProducer<String, String> producer = open(broker);
        long producerId = log(broker).producers().get(0).producerId();
        broker.close();
        producer.close(Duration.ZERO);
        decide(producerId, 1, state);

        broker = new LocalBroker(directory, cluster, PROPERTIES);

        LocalBroker restarted = broker;
        PartitionLog log = log(restarted);
        Awaitility.await().untilAsserted(() -> assertThat(log.lastStableOffset()).isEqualTo(2));
        try (KafkaProducer<String, String> plain = restarted.clients.producer(Map.of())) {
            plain.send(new ProducerRecord<>("t", "behind")).get();
        }
        assertThat(committed(restarted, visible == null ? 1 : 2))
                .isEqualTo(visible == null ? List.of("behind") : List.of("x", "behind"));
        restarted.close();
    }

    @Test
    void an_open_transaction_whose_producer_is_gone_is_aborted_in_time() throws Exception {
        Map<String, String> properties =
                Map.of(
                        "transaction.state.log.num.partitions",
                        "1",
                        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                        "100");
        LocalBroker broker = new LocalBroker(directory, cluster, properties);
        cluster.createTopic("t", 1, 1, Map.of(), Map.of());
        KafkaProducer<String, String> producer =
                broker.clients.producer(
                        Map.of("transactional.id", "id", "transaction.timeout.ms", 500));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("t", "x")).get();
        broker.close();
        producer.close(Duration.ZERO);

        broker = new LocalBroker(directory, cluster, properties);
        try (KafkaProducer<String, String> plain = broker.clients.producer(Map.of())) {
            plain.send(new ProducerRecord<>("t", "behind")).get();
        }
        assertThat(committed(broker, 1)).containsExactly("behind");
        broker.close();
    }
}
