package dev.millrace.broker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an acknowledgement from the disk costs: {@code BOOTSTRAP SECONDS [TOPIC_CONFIG]...}, against
 * any broker. One record is one batch; each producer has its own connection and partition.
 */
final class DurabilityBenchmark {
    private static final Logger LOG = LoggerFactory.getLogger(DurabilityBenchmark.class);

    private DurabilityBenchmark() {}

    private record Load(int producers, int inFlight, int bytes) {}

    public static void main(String[] args) throws Exception {
        Map<String, String> configs = new java.util.HashMap<>();
        for (String config : List.of(args).subList(2, args.length)) {
            configs.put(config.split("=", 2)[0], config.split("=", 2)[1]);
        }
        int seconds = Integer.parseInt(args[1]);
        for (Load load :
                List.of(
                        new Load(1, 1, 1000), // warms up
                        new Load(1, 1, 1000),
                        new Load(1, 5, 1000),
                        new Load(4, 5, 16_000),
                        new Load(16, 5, 1000),
                        new Load(16, 5, 16_000))) {
            LOG.info("{} {} {}", configs, load, run(args[0], load, seconds, configs));
        }
    }

    private static String run(String bootstrap, Load load, int seconds, Map<String, String> configs)
            throws Exception {
        String topic = Clients.uniqueName("durability-" + load.producers + "-" + load.bytes);
        Clients clients = new Clients(bootstrap);
        try (Admin admin = clients.admin()) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(topic, load.producers, (short) 1)
                                            .configs(configs)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
        ConcurrentLinkedQueue<long[]> latencies = new ConcurrentLinkedQueue<>();
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < load.producers; i++) {
            int partition = i;
            Thread thread =
                    new Thread(
                            () -> latencies.add(produce(clients, topic, partition, load, endNs)));
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long[] all = latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return "%d acks/s, p50 %.2f ms, p99 %.2f ms, max %.1f ms"
                .formatted(
                        all.length / seconds,
                        all[all.length / 2] / 1e6,
                        all[(int) (all.length * 0.99)] / 1e6,
                        all[all.length - 1] / 1e6);
    }

    private static long[] produce(
            Clients clients, String topic, int partition, Load load, long endNs) {
        ConcurrentLinkedQueue<Long> latencies = new ConcurrentLinkedQueue<>();
        Semaphore inFlight = new Semaphore(load.inFlight);
        String value = "x".repeat(load.bytes);
        try (KafkaProducer<String, String> producer =
                clients.producer(Map.of("acks", "all", "linger.ms", 0, "batch.size", 0))) {
            while (System.nanoTime() < endNs) {
                inFlight.acquire();
                long startNs = System.nanoTime();
                producer.send(
                        new ProducerRecord<>(topic, partition, null, value),
                        (metadata, failure) -> {
                            inFlight.release();
                            if (failure == null) {
                                latencies.add(System.nanoTime() - startNs);
                            }
                        });
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return latencies.stream().mapToLong(Long::longValue).toArray();
    }
}
