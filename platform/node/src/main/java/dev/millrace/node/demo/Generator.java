package dev.millrace.node.demo;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a few lines of text and a few clicks a second, through the stock Kafka producer, until
 * closed. Owns one thread and one producer.
 */
final class Generator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Generator.class);
    private static final int PERIOD_MS = 50;

    private final KafkaProducer<String, String> producer;
    private final String linesTopic;
    private final String clicksTopic;
    private final Random random = new Random();
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread made = new Thread(task, "demo-generator");
                        made.setDaemon(true);
                        return made;
                    });

    Generator(String bootstrap, String linesTopic, String clicksTopic) {
        this.linesTopic = linesTopic;
        this.clicksTopic = clicksTopic;
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        config.put(ProducerConfig.CLIENT_ID_CONFIG, "demo-generator");
        // When the node stops first there is nobody left to wait for.
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1000);
        config.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 1 << 20);
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, 4096);
        this.producer = new KafkaProducer<>(config);
    }

    void start() {
        thread.scheduleAtFixedRate(this::tick, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    private void tick() {
        try {
            // Traffic comes in waves, so that a chart has something to show.
            double wave = 1 + Math.sin(System.currentTimeMillis() / 8000.0);
            if (random.nextDouble() < wave * 0.5) {
                producer.send(new ProducerRecord<>(linesTopic, Prose.line(random)));
            }
            if (random.nextDouble() < wave * 0.4) {
                Click click = Click.next(random);
                producer.send(new ProducerRecord<>(clicksTopic, click.user(), click.json()));
            }
        } catch (RuntimeException e) {
            // A scheduled task that throws is never run again; the next tick may succeed.
            LOG.warn("the demo could not write: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        producer.close(java.time.Duration.ZERO);
    }
}
