package dev.millrace.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** One record at a time: written, acknowledged, and read by a consumer that waits for it. */
record LatencyBenchmark(long records, int recordBytes, String acks) implements Benchmark {
    private static final long MAX_US = 60_000_000;

    @Override
    public List<Figure> run(Target target) throws ExecutionException, InterruptedException {
        TopicPartition partition = new TopicPartition(target.createTopic("latency", 1), 0);
        Map<String, Object> config = target.clientConfig();
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        config.put(ProducerConfig.ACKS_CONFIG, acks);
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, acks.equals("all"));
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        Histogram ackUs = new Histogram(MAX_US, 3);
        Histogram endToEndUs = new Histogram(MAX_US, 3);
        Payload payload = new Payload(recordBytes);
        long warmUp = records / 5;
        OptionalDouble cpuBefore = OptionalDouble.empty();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config);
                KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            for (long i = 0; i < records; i++) {
                if (i == warmUp) {
                    cpuBefore = target.process().cpuSeconds();
                }
                long sentNs = System.nanoTime();
                producer.send(new ProducerRecord<>(partition.topic(), payload.next())).get();
                long ackedNs = System.nanoTime();
                while (consumer.poll(Duration.ofSeconds(10)).isEmpty()) {
                    if (System.nanoTime() - sentNs > 30_000_000_000L) {
                        throw new IllegalStateException(
                                "record " + i + " was not read within 30 s");
                    }
                }
                if (i >= warmUp) {
                    ackUs.recordValue((ackedNs - sentNs) / 1000);
                    endToEndUs.recordValue((System.nanoTime() - sentNs) / 1000);
                }
            }
        }
        List<Figure> figures = new ArrayList<>(Percentiles.of("ack", ackUs));
        figures.addAll(Percentiles.of("end to end", endToEndUs));
        figures.add(
                Figure.less(
                        "server CPU",
                        Target.cpuMicros(
                                cpuBefore, target.process().cpuSeconds(), records - warmUp),
                        "µs/record"));
        return figures;
    }
}
