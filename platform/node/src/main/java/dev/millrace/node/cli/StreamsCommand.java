package dev.millrace.node.cli;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.tools.ApplicationReset;
import dev.millrace.streams.tools.ApplicationReset.Target;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace streams reset}: its options are those of kafka-streams-application-reset. */
@Command(
        name = "streams",
        description = "Resets Streams applications.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class StreamsCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: reset");
    }

    /** Where to begin; one of them. */
    static final class Where {
        @Option(names = "--to-earliest", description = "From the first record (the default).")
        private boolean toEarliest;

        @Option(names = "--to-latest", description = "From the end.")
        private boolean toLatest;

        @Option(names = "--to-offset", paramLabel = "N", description = "From an offset.")
        private @Nullable Long toOffset;

        @Option(
                names = "--to-datetime",
                paramLabel = "TIME",
                description = "From a time, YYYY-MM-DDThh:mm:ss.sss, UTC unless it says otherwise.")
        private @Nullable String toDatetime;

        @Option(
                names = "--by-duration",
                paramLabel = "PnDTnHnMnS",
                description = "From that long ago.")
        private @Nullable String byDuration;

        @Option(
                names = "--shift-by",
                paramLabel = "N",
                description = "So many records on, or back when negative.")
        private @Nullable Long shiftBy;

        @Option(
                names = "--from-file",
                paramLabel = "FILE",
                description = "As a CSV file says: topic,partition,offset.")
        private @Nullable Path fromFile;

        private Target target() {
            if (toLatest) {
                return new Target.Latest();
            }
            if (toOffset != null) {
                return new Target.Offset(toOffset);
            }
            if (toDatetime != null) {
                return new Target.Time(time(toDatetime));
            }
            if (byDuration != null) {
                return new Target.Time(ago(byDuration));
            }
            if (shiftBy != null) {
                return new Target.Shift(shiftBy);
            }
            return fromFile != null ? new Target.Offsets(read(fromFile)) : new Target.Earliest();
        }
    }

    private static long time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeParseException e) {
            try {
                return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC).toEpochMilli();
            } catch (DateTimeParseException neither) {
                throw new CommandFailure(
                        "--to-datetime is as 2026-01-31T12:00:00.000 or with a zone, not " + text);
            }
        }
    }

    private static long ago(String text) {
        try {
            return Instant.now().minus(Duration.parse(text)).toEpochMilli();
        } catch (DateTimeParseException e) {
            throw new CommandFailure("--by-duration is as P1DT2H30M, not " + text);
        }
    }

    private static Map<TopicPartition, Long> read(Path file) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                if (!line.isBlank()) {
                    String[] cells = line.strip().split(",", -1);
                    offsets.put(
                            new TopicPartition(cells[0], Integer.parseInt(cells[1].strip())),
                            Long.parseLong(cells[2].strip()));
                }
            }
            return offsets;
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new CommandFailure(file + " has a line that is not topic,partition,offset: " + e);
        } catch (IOException e) {
            throw new CommandFailure("cannot read " + file + ": " + e.getMessage());
        }
    }

    @Command(
            name = "reset",
            description = {
                "Takes a stopped application back to a point of its input: moves its offsets and"
                        + " deletes its internal topics.",
                "Call KafkaStreams.cleanUp() on every instance afterwards, or delete its state"
                        + " directory: results are wrong without it. Try --dry-run first."
            },
            mixinStandardHelpOptions = true)
    int reset(
            @Option(
                            names = "--application-id",
                            paramLabel = "ID",
                            required = true,
                            description = "application.id of the application.")
                    String applicationId,
            @Option(
                            names = "--input-topics",
                            paramLabel = "TOPIC",
                            split = ",",
                            description = "Topics to be read again.")
                    @Nullable List<String> inputTopics,
            @ArgGroup @Nullable Where where,
            @Option(
                            names = "--internal-topics",
                            paramLabel = "TOPIC",
                            split = ",",
                            description = "Internal topics to delete (default: all).")
                    @Nullable List<String> internalTopics,
            @Option(names = "--dry-run", description = "Only say what would be done.")
                    boolean dryRun,
            @Option(names = "--force", description = "Remove members that are still in the group.")
                    boolean force,
            @Option(
                            names = {"--command-config", "--config-file"},
                            paramLabel = "FILE",
                            description = "Client settings.")
                    @Nullable Path commandConfig,
            @Mixin BootstrapOption bootstrap) {
        PrintWriter out = spec.commandLine().getOut();
        Map<String, Object> config = bootstrap.clientConfig();
        if (commandConfig != null) {
            config.putAll(properties(commandConfig));
        }
        try (Admin admin = Admin.create(config)) {
            ApplicationReset.Plan plan =
                    new ApplicationReset.Plan(
                            applicationId,
                            inputTopics == null ? List.of() : inputTopics,
                            where == null ? new Target.Earliest() : where.target(),
                            internalTopics == null ? List.of() : internalTopics,
                            dryRun,
                            force);
            boolean all = new ApplicationReset(admin, out::println).run(plan);
            out.flush();
            return all ? 0 : 1;
        } catch (IllegalStateException | IllegalArgumentException | StreamsException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> properties(Path file) {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
        } catch (IOException e) {
            throw new CommandFailure("cannot read " + file + ": " + e.getMessage());
        }
        Map<String, Object> config = new HashMap<>();
        properties.forEach((name, value) -> config.put(name.toString(), value));
        return config;
    }
}
