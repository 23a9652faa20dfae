package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL in the middle of writing, several times: what was acknowledged is there, in order, once.
 */
class KillDuringProduceIT {
    private static final int KILLS = 3;
    private static final String TOPIC = "ledger";

    @TempDir private Path dir;

    @Test
    void every_acknowledged_record_survives_kill_9_in_order_and_once() throws Exception {
        int port = freePort();
        String listen = "127.0.0.1:" + port;
        AtomicLong acknowledged = new AtomicLong();
        AtomicLong sent = new AtomicLong();
        PackagedNode node = PackagedNode.start(dir, "--listen", listen);
        try (Admin admin = Admin.create(node.clientConfig())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
        }
        List<Throwable> failures = new ArrayList<>();
        try (KafkaProducer<Long, Long> producer = new KafkaProducer<>(producerConfig(listen))) {
            for (int kill = 0; kill < KILLS; kill++) {
                long target = acknowledged.get() + 20_000;
                Thread writer = writer(producer, sent, acknowledged, target + 20_000, failures);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> acknowledged.get() >= target);
                node.kill();
                node.close();
                node = PackagedNode.start(dir, "--listen", listen);
                writer.join(60_000);
                assertThat(writer.isAlive()).isFalse();
                producer.flush();
            }
        }
        assertThat(failures).isEmpty();
        assertThat(acknowledged.get()).isEqualTo(sent.get());
        assertThat(read(node)).isEqualTo(LongStream.range(0, sent.get()).boxed().toList());
        node.stop();
    }

    private static Thread writer(
            KafkaProducer<Long, Long> producer,
            AtomicLong sent,
            AtomicLong acknowledged,
            long upTo,
            List<Throwable> failures) {
        Thread writer =
                new Thread(
                        () -> {
                            while (sent.get() < upTo) {
                                long n = sent.getAndIncrement();
                                producer.send(
                                        new ProducerRecord<>(TOPIC, n, n),
                                        (metadata, error) -> {
                                            if (error == null) {
                                                acknowledged.incrementAndGet();
                                            } else {
                                                synchronized (failures) {
                                                    failures.add(error);
                                                }
                                            }
                                        });
                            }
                        },
                        "ledger-writer");
        writer.start();
        return writer;
    }

    private static List<Long> read(PackagedNode node) {
        Map<String, Object> config = new HashMap<>(node.clientConfig());
        config.put("key.deserializer", LongDeserializer.class);
        config.put("value.deserializer", LongDeserializer.class);
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        List<Long> values = new ArrayList<>();
        try (KafkaConsumer<Long, Long> consumer = new KafkaConsumer<>(config)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<Long, Long> record : consumer.poll(Duration.ofSeconds(5))) {
                    values.add(record.value());
                }
            }
        }
        return values;
    }

    private static Map<String, Object> producerConfig(String bootstrap) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("key.serializer", LongSerializer.class);
        config.put("value.serializer", LongSerializer.class);
        config.put("acks", "all");
        config.put("delivery.timeout.ms", 60_000);
        config.put("request.timeout.ms", 5_000);
        config.put("linger.ms", 1);
        config.put("reconnect.backoff.max.ms", 200);
        return config;
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
