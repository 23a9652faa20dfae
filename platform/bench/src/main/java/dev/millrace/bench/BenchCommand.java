package dev.millrace.bench;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench produce|consume|latency|requests|paced|wordcount|streams}. */
@Command(
        name = "bench",
        description = {
            "Measures a broker or a cluster: throughput, latency percentiles, CPU of its processes.",
            "With --against, a second one gets the same load in turn (A B, B A, …) and ratios are printed:"
                    + " what other programs do to this machine then falls on both."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            BenchCommand.Produce.class,
            BenchCommand.Consume.class,
            BenchCommand.Latency.class,
            BenchCommand.Requests.class,
            BenchCommand.Paced.class,
            BenchCommand.WordCount.class,
            StreamsCommand.class
        })
public final class BenchCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "say what to measure: produce, consume, latency, requests, paced, wordcount or streams");
    }

    /** Options of every benchmark, and the loop over rounds. */
    static final class Rounds {
        @Option(
                names = {"-b", "--bootstrap"},
                paramLabel = "HOST:PORT",
                defaultValue = "127.0.0.1:9092",
                description =
                        "Broker to measure, or several of a cluster with commas between them"
                                + " (default: ${DEFAULT-VALUE}).")
        private String bootstrap = "127.0.0.1:9092";

        @Option(
                names = "--against",
                paramLabel = "HOST:PORT",
                description = "A second broker or cluster, for instance Apache Kafka.")
        private @Nullable String against;

        @Option(
                names = "--replication-factor",
                paramLabel = "N",
                description = "Of the topics written to (default: the brokers' own).")
        private short replicationFactor = Target.DEFAULT_REPLICATION;

        @Option(
                names = "--rounds",
                paramLabel = "N",
                description = "How often (default: 1, with --against 3).")
        private @Nullable Integer rounds;

        @Option(names = "--json", description = "One JSON object a figure.")
        private boolean json;

        int run(CommandSpec spec, Benchmark benchmark) throws Exception {
            int count = rounds != null ? rounds : against == null ? 1 : 3;
            Comparison comparison = new Comparison();
            for (int round = 0; round < count; round++) {
                spec.commandLine().getErr().println("round " + (round + 1) + " of " + count);
                boolean peerFirst = round % 2 == 1;
                if (against != null && peerFirst) {
                    comparison.addPeer(once(benchmark, against));
                }
                comparison.addOurs(once(benchmark, bootstrap));
                if (against != null && !peerFirst) {
                    comparison.addPeer(once(benchmark, against));
                }
            }
            if (json) {
                comparison.printJson(spec.commandLine().getOut());
            } else {
                comparison.print(spec.commandLine().getOut());
            }
            return 0;
        }

        private List<Figure> once(Benchmark benchmark, String address) throws Exception {
            try (Target target = new Target(address, replicationFactor)) {
                return benchmark.run(target);
            }
        }
    }

    @Command(
            name = "produce",
            description = "One producer writes as fast as it may.",
            mixinStandardHelpOptions = true)
    static final class Produce implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private Rounds rounds;

        @Option(names = "--records", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private long records = 2_000_000;

        @Option(
                names = "--record-bytes",
                paramLabel = "N",
                description = "default: ${DEFAULT-VALUE}")
        private int recordBytes = 100;

        @Option(names = "--partitions", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private int partitions = 3;

        @Option(names = "--acks", paramLabel = "0|1|all", description = "default: ${DEFAULT-VALUE}")
        private String acks = "all";

        @Option(
                names = "--compression",
                paramLabel = "CODEC",
                description = "default: ${DEFAULT-VALUE}")
        private String compression = "none";

        @Option(
                names = "--rate",
                paramLabel = "N",
                description = "Records a second; 0 = unlimited (default).")
        private long rate = 0;

        @Override
        public Integer call() throws Exception {
            return rounds.run(
                    spec,
                    new ProduceBenchmark(
                            records, recordBytes, partitions, acks, compression, rate));
        }
    }

    @Command(
            name = "consume",
            description = "One consumer reads what was written just before.",
            mixinStandardHelpOptions = true)
    static final class Consume implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private Rounds rounds;

        @Option(names = "--records", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private long records = 2_000_000;

        @Option(
                names = "--record-bytes",
                paramLabel = "N",
                description = "default: ${DEFAULT-VALUE}")
        private int recordBytes = 100;

        @Option(names = "--partitions", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private int partitions = 3;

        @Option(
                names = "--compression",
                paramLabel = "CODEC",
                description = "default: ${DEFAULT-VALUE}")
        private String compression = "none";

        @Override
        public Integer call() throws Exception {
            return rounds.run(
                    spec, new ConsumeBenchmark(records, recordBytes, partitions, compression));
        }
    }

    @Command(
            name = "latency",
            description = "One record at a time: written, acknowledged, read.",
            mixinStandardHelpOptions = true)
    static final class Latency implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private Rounds rounds;

        @Option(names = "--records", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private long records = 10_000;

        @Option(
                names = "--record-bytes",
                paramLabel = "N",
                description = "default: ${DEFAULT-VALUE}")
        private int recordBytes = 100;

        @Option(names = "--acks", paramLabel = "1|all", description = "default: ${DEFAULT-VALUE}")
        private String acks = "all";

        @Override
        public Integer call() throws Exception {
            return rounds.run(spec, new LatencyBenchmark(records, recordBytes, acks));
        }
    }

    @Command(
            name = "requests",
            description = "Many small requests: each record is one.",
            mixinStandardHelpOptions = true)
    static final class Requests implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private Rounds rounds;

        @Option(names = "--requests", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private long requests = 100_000;

        @Option(
                names = "--record-bytes",
                paramLabel = "N",
                description = "default: ${DEFAULT-VALUE}")
        private int recordBytes = 100;

        @Option(
                names = "--connections",
                paramLabel = "N",
                description = "Producers of one connection each (default: ${DEFAULT-VALUE}).")
        private int connections = 1;

        @Option(
                names = "--depth",
                paramLabel = "1..5",
                description = "Requests under way on each (default: ${DEFAULT-VALUE}).")
        private int depth = 5;

        @Option(names = "--acks", paramLabel = "1|all", description = "default: ${DEFAULT-VALUE}")
        private String acks = "all";

        @Override
        public Integer call() throws Exception {
            if (connections < 1 || depth < 1 || depth > 5) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--connections is at least 1, --depth 1 to 5: more an idempotent producer"
                                + " does not have under way");
            }
            return rounds.run(
                    spec, new RequestsBenchmark(requests, recordBytes, connections, depth, acks));
        }
    }

    @Command(
            name = "paced",
            description =
                    "Records at a steady rate, from a producer to a consumer that waits for them.",
            mixinStandardHelpOptions = true)
    static final class Paced implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private Rounds rounds;

        @Option(names = "--records", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private long records = 200_000;

        @Option(
                names = "--record-bytes",
                paramLabel = "N",
                description = "default: ${DEFAULT-VALUE}")
        private int recordBytes = 100;

        @Option(names = "--partitions", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private int partitions = 3;

        @Option(
                names = "--rate",
                paramLabel = "N",
                description = "Records a second (default: ${DEFAULT-VALUE}).")
        private long rate = 20_000;

        @Option(
                names = "--idle-connections",
                paramLabel = "N",
                description = "Others, open and silent (default: ${DEFAULT-VALUE}).")
        private int idleConnections = 0;

        @Option(names = "--acks", paramLabel = "1|all", description = "default: ${DEFAULT-VALUE}")
        private String acks = "all";

        @Override
        public Integer call() throws Exception {
            if (recordBytes < Long.BYTES || rate < 1 || partitions < 1) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--record-bytes is at least 8, --rate and --partitions at least 1");
            }
            return rounds.run(
                    spec,
                    new PacedBenchmark(
                            records, recordBytes, partitions, rate, idleConnections, acks));
        }
    }

    @Command(
            name = "wordcount",
            description = "WordCount with the Streams DSL.",
            mixinStandardHelpOptions = true)
    static final class WordCount implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private Rounds rounds;

        @Option(
                names = "--lines",
                paramLabel = "N",
                description = "Of eight words (default: ${DEFAULT-VALUE}).")
        private long lines = 500_000;

        @Option(names = "--partitions", paramLabel = "N", description = "default: ${DEFAULT-VALUE}")
        private int partitions = 4;

        @Option(
                names = "--cache-bytes",
                paramLabel = "N",
                description =
                        "statestore.cache.max.bytes; 0 = an update a word (default: ${DEFAULT-VALUE}).")
        private long cacheBytes = 10L << 20;

        @Override
        public Integer call() throws Exception {
            return rounds.run(spec, new WordCountBenchmark(lines, partitions, cacheBytes));
        }
    }
}
