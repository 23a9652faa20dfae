package dev.millrace.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Many small requests: each record is a request of its own. Producers share nothing, not even a
 * partition.
 *
 * @param requests how many in all; the first fifth warms up and is left out of every figure
 * @param connections producers, of one connection each
 * @param depth how many requests a producer has under way
 */
record RequestsBenchmark(long requests, int recordBytes, int connections, int depth, String acks)
        implements Benchmark {

    private static final long MAX_LATENCY_US = 60_000_000;

    @Override
    public List<Figure> run(Target target) throws ExecutionException, InterruptedException {
        String topic = target.createTopic("requests", connections);
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        List<Connection> open = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                open.add(new Connection(target, topic, i));
            }
            long each = requests / connections;
            long warmUp = each / 5;
            send(threads, open, warmUp, new Histogram(MAX_LATENCY_US, 3));
            OptionalDouble cpuBefore = target.process().cpuSeconds();
            long startNs = System.nanoTime();
            Histogram latencyUs = new Histogram(MAX_LATENCY_US, 3);
            send(threads, open, each - warmUp, latencyUs);
            double seconds = (System.nanoTime() - startNs) / 1e9;
            long measured = (each - warmUp) * connections;
            List<Figure> figures = new ArrayList<>();
            figures.add(Figure.more("throughput", measured / seconds, "requests/s"));
            figures.addAll(Percentiles.of("ack", latencyUs));
            figures.add(
                    Figure.less(
                            "server CPU",
                            Target.cpuMicros(cpuBefore, target.process().cpuSeconds(), measured),
                            "µs/request"));
            return figures;
        } finally {
            open.forEach(Connection::close);
            threads.shutdown();
        }
    }

    private static void send(
            ExecutorService threads, List<Connection> open, long each, Histogram latencyUs)
            throws ExecutionException, InterruptedException {
        List<Future<Histogram>> running = new ArrayList<>();
        for (Connection connection : open) {
            running.add(threads.submit(() -> connection.send(each)));
        }
        for (Future<Histogram> done : running) {
            latencyUs.add(done.get());
        }
    }

    /** One producer on one partition. */
    private final class Connection implements AutoCloseable {
        private final KafkaProducer<byte[], byte[]> producer;
        private final Payload payload = new Payload(recordBytes);
        private final String topic;
        private final int partition;

        Connection(Target target, String topic, int partition) {
            this.topic = topic;
            this.partition = partition;
            Map<String, Object> config = target.clientConfig();
            config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            config.put(ProducerConfig.ACKS_CONFIG, acks);
            config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, acks.equals("all"));
            config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, depth);
            config.put(ProducerConfig.BATCH_SIZE_CONFIG, 0);
            config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
            this.producer = new KafkaProducer<>(config);
        }

        Histogram send(long count) throws InterruptedException {
            Histogram latencyUs = new Histogram(MAX_LATENCY_US, 3);
            Semaphore free = new Semaphore(depth);
            AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
            for (long i = 0; i < count && failure.get() == null; i++) {
                free.acquire();
                long sentNs = System.nanoTime();
                producer.send(
                        new ProducerRecord<>(topic, partition, null, payload.next()),
                        (metadata, error) -> {
                            if (error != null) {
                                failure.compareAndSet(null, error);
                            } else {
                                // Only the producer's I/O thread calls back.
                                latencyUs.recordValue(
                                        Math.min(
                                                MAX_LATENCY_US,
                                                (System.nanoTime() - sentNs) / 1000));
                            }
                            free.release();
                        });
            }
            free.acquire(depth);
            Exception error = failure.get();
            if (error != null) {
                throw new IllegalStateException("a request failed: " + error.getMessage(), error);
            }
            return latencyUs;
        }

        @Override
        public void close() {
            producer.close();
        }
    }
}
