package dev.millrace.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * One producer writes as fast as it may, or at a given rate.
 *
 * @param records how many; the first fifth warms up and is left out of every figure
 * @param recordsPerSecond 0 = unlimited
 */
record ProduceBenchmark(
        long records,
        int recordBytes,
        int partitions,
        String acks,
        String compression,
        long recordsPerSecond)
        implements Benchmark {

    private static final long MAX_LATENCY_US = 60_000_000;

    @Override
    public List<Figure> run(Target target) throws ExecutionException, InterruptedException {
        return write(target, target.createTopic("produce", partitions));
    }

    List<Figure> write(Target target, String topic) throws InterruptedException {
        Map<String, Object> config = target.clientConfig();
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        config.put(ProducerConfig.ACKS_CONFIG, acks);
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, acks.equals("all"));
        config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression);
        Payload payload = new Payload(recordBytes);
        Histogram latencyUs = new Histogram(MAX_LATENCY_US, 3);
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        long warmUp = records / 5;
        long startNs = System.nanoTime();
        OptionalDouble cpuBefore = OptionalDouble.empty();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config)) {
            for (long i = 0; i < records && failure.get() == null; i++) {
                if (i == warmUp) {
                    producer.flush();
                    cpuBefore = target.process().cpuSeconds();
                    startNs = System.nanoTime();
                }
                boolean measured = i >= warmUp;
                if (recordsPerSecond > 0) {
                    pace(startNs, measured ? i - warmUp : i);
                }
                long sentNs = System.nanoTime();
                producer.send(
                        new ProducerRecord<>(topic, payload.next()),
                        (metadata, error) -> {
                            if (error != null) {
                                failure.compareAndSet(null, error);
                            } else if (measured) {
                                // Only the producer's I/O thread calls back.
                                latencyUs.recordValue(
                                        Math.min(
                                                MAX_LATENCY_US,
                                                (System.nanoTime() - sentNs) / 1000));
                            }
                        });
            }
            producer.flush();
        }
        Exception error = failure.get();
        if (error != null) {
            throw new IllegalStateException("producing failed: " + error.getMessage(), error);
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        long measured = records - warmUp;
        List<Figure> figures = new ArrayList<>();
        figures.add(Figure.more("throughput", measured / seconds, "records/s"));
        figures.add(Figure.more("volume", measured * (double) recordBytes / seconds / 1e6, "MB/s"));
        figures.addAll(Percentiles.of("ack", latencyUs));
        figures.add(
                Figure.less(
                        "server CPU",
                        Target.cpuMicros(cpuBefore, target.process().cpuSeconds(), measured),
                        "µs/record"));
        return figures;
    }

    private void pace(long startNs, long sent) throws InterruptedException {
        long dueNs = startNs + sent * 1_000_000_000L / recordsPerSecond;
        long aheadMs = (dueNs - System.nanoTime()) / 1_000_000;
        if (aheadMs > 0) {
            Thread.sleep(aheadMs);
        }
    }
}
