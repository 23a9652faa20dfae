package dev.millrace.streams.oracle;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.EmitStrategy;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.SlidingWindows;
import dev.millrace.streams.kstream.Suppressed;
import dev.millrace.streams.kstream.TimeWindows;
import dev.millrace.streams.kstream.Windowed;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Counts in windows of several kinds, told when they close. Arguments: bootstrap servers,
 * application id, state directory, guarantee, input, output. This very file is also compiled with
 * {@code org.apache.kafka.streams} in place of our package.
 */
public final class ClosedWindows {
    private static final Duration GRACE = Duration.ofMillis(50);

    private ClosedWindows() {}

    public static void main(String[] args) throws InterruptedException {
        Properties config = new Properties();
        config.setProperty("bootstrap.servers", args[0]);
        config.setProperty("application.id", args[1]);
        config.setProperty("state.dir", args[2]);
        config.setProperty("processing.guarantee", args[3]);
        config.setProperty("commit.interval.ms", "100");
        config.setProperty("statestore.cache.max.bytes", "0");
        // A static member comes back to its place at once, also after a crash.
        config.setProperty("group.instance.id", "one");
        config.setProperty("__emit.interval.ms.kstreams.windowed.aggregation__", "0");
        config.setProperty("default.key.serde", Serdes.StringSerde.class.getName());
        config.setProperty("default.value.serde", Serdes.StringSerde.class.getName());
        KafkaStreams streams = new KafkaStreams(topology(args[4], args[5]), config);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Thread.currentThread().join();
    }

    private static Topology topology(String input, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        KGroupedStream<String, String> grouped =
                builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
                        .groupByKey(Grouped.with(Serdes.String(), Serdes.String()));
        TimeWindows hops =
                TimeWindows.ofSizeAndGrace(Duration.ofMillis(200), GRACE)
                        .advanceBy(Duration.ofMillis(100));
        tell(
                "time",
                output,
                grouped.windowedBy(hops).emitStrategy(EmitStrategy.onWindowClose()).count());
        tell(
                "session",
                output,
                grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(GRACE, GRACE))
                        .emitStrategy(EmitStrategy.onWindowClose())
                        .count());
        tell(
                "sliding",
                output,
                grouped.windowedBy(
                                SlidingWindows.ofTimeDifferenceAndGrace(
                                        Duration.ofMillis(100), GRACE))
                        .emitStrategy(EmitStrategy.onWindowClose())
                        .count());
        tell(
                "suppressed",
                output,
                grouped.windowedBy(hops)
                        .count()
                        .suppress(
                                Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded())));
        return builder.build();
    }

    private static void tell(String kind, String output, KTable<Windowed<String>, Long> results) {
        results.toStream()
                .map(
                        (key, count) ->
                                KeyValue.pair(
                                        kind
                                                + " "
                                                + key.key()
                                                + "@"
                                                + key.window().start()
                                                + "-"
                                                + key.window().end(),
                                        count))
                .to(output, Produced.with(Serdes.String(), Serdes.Long()));
    }
}
