package dev.millrace.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Records at a steady rate, far below what the broker can take, and a consumer that reads them as
 * they come: how long they take from one to the other, and what that costs.
 *
 * @param records how many; the first fifth warms up and is left out of every figure
 * @param recordBytes at least 8: the time of sending is inside
 * @param idleConnections others that are open meanwhile and say nothing
 */
record PacedBenchmark(
        long records,
        int recordBytes,
        int partitions,
        long recordsPerSecond,
        int idleConnections,
        String acks)
        implements Benchmark {

    private static final long MAX_LATENCY_US = 60_000_000;
    private static final long PATIENCE_NS = 30_000_000_000L;

    @Override
    public List<Figure> run(Target target)
            throws ExecutionException, InterruptedException, IOException {
        long startNs = System.nanoTime();
        String topic = target.createTopic("paced", partitions);
        double createMs = (System.nanoTime() - startNs) / 1e6;
        try (IdleConnections idle = new IdleConnections(target.bootstrap(), idleConnections);
                KafkaConsumer<byte[], byte[]> consumer = consumer(target);
                KafkaProducer<byte[], byte[]> producer = producer(target)) {
            List<TopicPartition> all =
                    IntStream.range(0, partitions)
                            .mapToObj(p -> new TopicPartition(topic, p))
                            .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
            Thread sender =
                    new Thread(() -> send(producer, topic, failure), "millrace-bench-sender");
            sender.setDaemon(true);
            sender.start();
            Run run = read(target, consumer, failure);
            sender.join();
            List<Figure> figures = new ArrayList<>();
            figures.add(Figure.less("create topic", createMs, "ms"));
            figures.addAll(Percentiles.of("end to end", run.latencyUs));
            figures.add(Figure.less("server CPU", run.cpuMicros, "µs/record"));
            OptionalLong resident = target.process().residentBytes();
            figures.add(
                    Figure.less(
                            "server memory",
                            resident.isPresent() ? resident.getAsLong() / 1e6 : Double.NaN,
                            "MB"));
            figures.add(
                    Figure.less("idle connections refused", idle.refused(), "of " + idle.asked()));
            return figures;
        }
    }

    private record Run(Histogram latencyUs, double cpuMicros) {}

    private KafkaConsumer<byte[], byte[]> consumer(Target target) {
        Map<String, Object> config = target.clientConfig();
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(config);
    }

    private KafkaProducer<byte[], byte[]> producer(Target target) {
        Map<String, Object> config = target.clientConfig();
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        config.put(ProducerConfig.ACKS_CONFIG, acks);
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, acks.equals("all"));
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        return new KafkaProducer<>(config);
    }

    private void send(
            KafkaProducer<byte[], byte[]> producer,
            String topic,
            AtomicReference<@Nullable Exception> failure) {
        byte[] rest = new Payload(recordBytes).next();
        long startNs = System.nanoTime();
        try {
            for (long i = 0; i < records && failure.get() == null; i++) {
                long aheadNs = startNs + i * 1_000_000_000L / recordsPerSecond - System.nanoTime();
                if (aheadNs > 1_000_000) {
                    Thread.sleep(aheadNs / 1_000_000);
                }
                byte[] value = rest.clone();
                ByteBuffer.wrap(value).putLong(System.nanoTime());
                producer.send(
                        new ProducerRecord<>(topic, (int) (i % partitions), null, value),
                        (metadata, error) -> {
                            if (error != null) {
                                failure.compareAndSet(null, error);
                            }
                        });
            }
        } catch (InterruptedException e) {
            failure.compareAndSet(null, e);
        }
    }

    private Run read(
            Target target,
            KafkaConsumer<byte[], byte[]> consumer,
            AtomicReference<@Nullable Exception> failure) {
        Histogram latencyUs = new Histogram(MAX_LATENCY_US, 3);
        long warmUp = records / 5;
        long read = 0;
        OptionalDouble cpuBefore = OptionalDouble.empty();
        long lastNs = System.nanoTime();
        while (read < records) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                lastNs = System.nanoTime();
                if (read++ == warmUp) {
                    cpuBefore = target.process().cpuSeconds();
                }
                if (read > warmUp) {
                    long sentNs = ByteBuffer.wrap(record.value()).getLong();
                    latencyUs.recordValue(
                            Math.max(0, Math.min(MAX_LATENCY_US, (lastNs - sentNs) / 1000)));
                }
            }
            Exception error = failure.get();
            if (error != null) {
                throw new IllegalStateException("producing failed: " + error.getMessage(), error);
            }
            if (System.nanoTime() - lastNs > PATIENCE_NS) {
                throw new IllegalStateException(
                        "read " + read + " of " + records + " records, then nothing");
            }
        }
        return new Run(
                latencyUs,
                Target.cpuMicros(cpuBefore, target.process().cpuSeconds(), records - warmUp));
    }
}
