package dev.millrace.streams.oracle;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.processor.StateRestoreListener;
import java.lang.management.ManagementFactory;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Keeps the newest value of every key. Says how long it took from the start of its process until it
 * runs, and how many records of changelogs it had to read for that. Arguments: bootstrap servers,
 * application id, state directory, guarantee, input. This very file is also compiled with {@code
 * org.apache.kafka.streams} in place of our package.
 */
public final class Restarted {
    private Restarted() {}

    public static void main(String[] args) throws InterruptedException {
        Properties config = new Properties();
        config.setProperty("bootstrap.servers", args[0]);
        config.setProperty("application.id", args[1]);
        config.setProperty("state.dir", args[2]);
        config.setProperty("processing.guarantee", args[3]);
        config.setProperty("commit.interval.ms", "500");
        config.setProperty("default.dsl.store", "rocksDB");
        // A static member comes back to its place at once, also after a crash.
        config.setProperty("group.instance.id", "one");
        Restores restores = new Restores();
        KafkaStreams streams = new KafkaStreams(topology(args[4]), config);
        streams.setGlobalStateRestoreListener(restores);
        streams.setStateListener(
                (state, old) -> {
                    if (state == KafkaStreams.State.RUNNING) {
                        long startMs = ManagementFactory.getRuntimeMXBean().getStartTime();
                        long ms = System.currentTimeMillis() - startMs;
                        System.out.println("runs after " + ms + " ms, restored " + restores.count);
                    }
                });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Thread.currentThread().join();
    }

    private static Topology topology(String input) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
                .reduce((old, value) -> value, Materialized.as("rows"));
        return builder.build();
    }

    private static final class Restores implements StateRestoreListener {
        private final AtomicLong count = new AtomicLong();

        @Override
        public void onRestoreStart(TopicPartition changelog, String store, long start, long end) {}

        @Override
        public void onBatchRestored(TopicPartition changelog, String store, long last, long batch) {
            count.addAndGet(batch);
        }

        @Override
        public void onRestoreEnd(TopicPartition changelog, String store, long total) {}
    }
}
