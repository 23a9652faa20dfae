package dev.millrace.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench streams}: this library and Kafka Streams, the same programs. */
@Command(
        name = "streams",
        description = {
            "The same programs with Millrace's Streams and with Kafka Streams, on one broker.",
            "Each run is a process of its own that begins with an empty state; its output is checked. A step is a"
                    + " word counted or a result of a join. The libraries alternate (A B, B A, …)."
        },
        mixinStandardHelpOptions = true)
final class StreamsCommand implements Callable<Integer> {
    private static final List<String> PROGRAMS =
            List.of("wordcount", "windowed", "table-join", "stream-join");
    private static final List<String> GUARANTEES = List.of("at_least_once", "exactly_once_v2");

    @Spec private CommandSpec spec;

    @Option(
            names = {"-b", "--bootstrap"},
            paramLabel = "HOST:PORT",
            description = "The broker of both libraries (default: ${DEFAULT-VALUE}).")
    private String bootstrap = "127.0.0.1:9092";

    @Option(
            names = "--program",
            paramLabel = "NAME",
            split = ",",
            description = "wordcount, windowed, table-join, stream-join (default: all).")
    private List<String> programs = PROGRAMS;

    @Option(
            names = "--cache-bytes",
            paramLabel = "N",
            split = ",",
            description = "statestore.cache.max.bytes (default: 10 MB, and 0).")
    private List<Long> cacheBytes = List.of(10L << 20, 0L);

    @Option(
            names = "--guarantee",
            paramLabel = "NAME",
            split = ",",
            description = "at_least_once, exactly_once_v2 (default: both).")
    private List<String> guarantees = GUARANTEES;

    @Option(
            names = "--records",
            paramLabel = "N",
            description =
                    "Lines of eight words, or records of a joined stream (default: ${DEFAULT-VALUE}).")
    private long records = 300_000;

    @Option(names = "--partitions", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
    private int partitions = 4;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "num.stream.threads (default: ${DEFAULT-VALUE}).")
    private int threads = 1;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "How often (default: ${DEFAULT-VALUE}).")
    private int rounds = 1;

    @Option(
            names = "--library",
            paramLabel = "NAME",
            description = "both, millrace or kafka (default: ${DEFAULT-VALUE}).")
    private String library = "both";

    @Option(
            names = "--kafka-libs",
            paramLabel = "DIR",
            description =
                    "Folder libs of a Kafka distribution (default: the local Maven repository).")
    private @Nullable Path kafkaLibs;

    @Option(
            names = "--jvm-option",
            paramLabel = "OPTION",
            description = "Of both (default: -Xmx1g -XX:+UseG1GC).")
    private List<String> jvmOptions = List.of("-Xmx1g", "-XX:+UseG1GC");

    @Option(names = "--json", description = "One JSON object a figure.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        require(PROGRAMS.containsAll(programs), "--program is one of " + PROGRAMS);
        require(GUARANTEES.containsAll(guarantees), "--guarantee is one of " + GUARANTEES);
        require(records >= 3 && partitions > 0 && threads > 0, "counts are positive");
        Path work = Files.createTempDirectory("millrace-bench-kafka");
        try {
            List<StreamsLibrary> libraries = libraries(work);
            for (String program : programs) {
                run(program, libraries);
            }
        } finally {
            StreamsBenchmark.deleteRecursively(work);
        }
        return 0;
    }

    private void require(boolean holds, String expected) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), expected);
        }
    }

    private List<StreamsLibrary> libraries(Path work) throws IOException {
        List<StreamsLibrary> libraries = new ArrayList<>();
        if (!library.equals("kafka")) {
            libraries.add(StreamsLibrary.millrace());
        }
        if (!library.equals("millrace")) {
            String jars =
                    kafkaLibs == null
                            ? StreamsLibrary.fromMavenRepository()
                            : StreamsLibrary.jarsOf(kafkaLibs);
            libraries.add(StreamsLibrary.kafka(jars, work));
        }
        return libraries;
    }

    private void run(String program, List<StreamsLibrary> libraries) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (Target target = new Target(bootstrap)) {
            StreamsLoad load = StreamsLoad.write(target, program, partitions, records);
            Map<String, Comparison> comparisons = new LinkedHashMap<>();
            for (int round = 0; round < rounds; round++) {
                for (String guarantee : guarantees) {
                    for (long cache : cacheBytes) {
                        String title =
                                program + ", " + guarantee + ", " + "cache " + cache + " bytes";
                        err.println(title + ", round " + (round + 1) + " of " + rounds);
                        Comparison comparison =
                                comparisons.computeIfAbsent(title, each -> new Comparison());
                        for (int i = 0; i < libraries.size(); i++) {
                            StreamsLibrary next = libraries.get((i + round) % libraries.size());
                            List<Figure> figures =
                                    new StreamsBenchmark(
                                                    next,
                                                    load,
                                                    program,
                                                    partitions,
                                                    threads,
                                                    cache,
                                                    guarantee,
                                                    jvmOptions)
                                            .run(target);
                            if (next.equals(libraries.get(0))) {
                                comparison.addOurs(figures);
                            } else {
                                comparison.addPeer(figures);
                            }
                        }
                    }
                }
            }
            for (Map.Entry<String, Comparison> each : comparisons.entrySet()) {
                out.println("== " + each.getKey());
                if (json) {
                    each.getValue().printJson(out);
                } else {
                    each.getValue().print(out);
                }
            }
            out.flush();
        }
    }
}
