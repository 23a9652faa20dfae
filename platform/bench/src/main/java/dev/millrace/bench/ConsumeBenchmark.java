package dev.millrace.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** One consumer reads from the beginning what was written just before; the first fifth warms up. */
record ConsumeBenchmark(long records, int recordBytes, int partitions, String compression)
        implements Benchmark {

    private static final long PATIENCE_MS = 60_000;

    @Override
    public List<Figure> run(Target target) throws ExecutionException, InterruptedException {
        String topic = target.createTopic("consume", partitions);
        new ProduceBenchmark(records, recordBytes, partitions, "1", compression, 0)
                .write(target, topic);

        Map<String, Object> config = target.clientConfig();
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        long warmUp = records / 5;
        long read = 0;
        long measuredFrom = 0;
        long startNs = System.nanoTime();
        OptionalDouble cpuBefore = OptionalDouble.empty();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config)) {
            List<TopicPartition> all =
                    IntStream.range(0, partitions)
                            .mapToObj(p -> new TopicPartition(topic, p))
                            .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            long lastNs = System.nanoTime();
            while (read < records) {
                int polled = consumer.poll(Duration.ofMillis(500)).count();
                if (polled > 0) {
                    lastNs = System.nanoTime();
                } else if ((System.nanoTime() - lastNs) / 1_000_000 > PATIENCE_MS) {
                    throw new IllegalStateException(
                            "read " + read + " of " + records + " records, then nothing");
                }
                read += polled;
                if (measuredFrom == 0 && read >= warmUp) {
                    measuredFrom = read;
                    cpuBefore = target.process().cpuSeconds();
                    startNs = System.nanoTime();
                }
            }
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        long measured = read - measuredFrom;
        return List.of(
                Figure.more("throughput", measured / seconds, "records/s"),
                Figure.more("volume", measured * (double) recordBytes / seconds / 1e6, "MB/s"),
                Figure.less(
                        "server CPU",
                        Target.cpuMicros(cpuBefore, target.process().cpuSeconds(), measured),
                        "µs/record"));
    }
}
