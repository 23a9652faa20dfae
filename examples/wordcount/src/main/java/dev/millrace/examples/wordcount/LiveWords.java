package dev.millrace.examples.wordcount;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.QueryableTable;
import dev.millrace.streams.kstream.Repartitioned;
import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.disposables.Disposable;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Counts words without a topic that anybody has to create: lines come from a Flowable, new counts
 * go to another, and the table of all counts can be asked meanwhile.
 *
 * <pre>
 * LiveWords HOST:PORT &lt; lines        prints every new count
 * </pre>
 */
public final class LiveWords {
    /** A program, and its ends that are not topics. */
    public record Program(
            Topology topology,
            Flowable<Record<String, Long>> changes,
            QueryableTable<String, Long> counts) {}

    private LiveWords() {}

    public static Program of(Flowable<String> lines) {
        StreamsBuilder builder = new StreamsBuilder();
        QueryableTable<String, Long> counts =
                builder.stream(
                                lines.map(
                                        line ->
                                                new Record<String, String>(
                                                        null, line, System.currentTimeMillis())),
                                Repartitioned.<String, String>as("lines")
                                        .withKeySerde(Serdes.String())
                                        .withValueSerde(Serdes.String()))
                        .flatMapValues(WordCount::words)
                        .groupBy(
                                (key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                        .count(Materialized.as("counts"))
                        .queryable("counts");
        Flowable<Record<String, Long>> changes = counts.table().toStream().toFlowable();
        return new Program(builder.build(), changes, counts);
    }

    public static void main(String[] args) throws InterruptedException {
        if (args.length != 1) {
            System.err.println("usage: LiveWords HOST:PORT < lines");
            System.exit(1);
        }
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Program program = of(Flowable.fromStream(in.lines()));
        Disposable printing =
                program.changes()
                .subscribe(
                        record -> System.out.println(record.key() + " " + record.value()),
                        error -> System.err.println("live words: " + error.getMessage()));
        KafkaStreams streams =
                new KafkaStreams(program.topology(), WordCount.properties(args[0], "live-words"));
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    streams.close();
                                    printing.dispose();
                                }));
        streams.start();
        Thread.currentThread().join();
    }
}
