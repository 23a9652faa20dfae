package dev.millrace.node.tools;

import dev.millrace.node.tools.ToolScript.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.awaitility.core.ConditionTimeoutException;

/** Runs the commands of a script against brokers. */
final class ScriptRun implements AutoCloseable {
    /** What a script does to a broker: {@code kill} or {@code start}. */
    interface Power {
        void to(String what, int broker) throws Exception;
    }

    private final List<String> brokers;
    private final List<Path> logs;
    private final Path files;
    private final Companions companions;
    private final Power power;

    /**
     * @param broker HOST:PORT, {@code BROKER} in scripts
     * @param logs where the broker keeps its partitions, {@code LOGS} in scripts
     * @param files an empty directory, {@code TMP} in scripts
     */
    ScriptRun(String broker, Path logs, Path files) {
        this(
                List.of(broker),
                List.of(logs),
                files,
                (what, id) -> {
                    throw new IllegalArgumentException("there is one broker, which runs");
                });
    }

    /**
     * @param brokers the first is {@code BROKER}, the second {@code BROKER2} in scripts, and so on
     * @param logs where they keep their partitions: {@code LOGS}, {@code LOGS2} and so on
     */
    ScriptRun(List<String> brokers, List<Path> logs, Path files, Power power) {
        this.brokers = brokers;
        this.logs = logs;
        this.files = files;
        this.power = power;
        this.companions = new Companions(String.join(",", brokers));
    }

    /** What {@code command} printed and how it ended, as a script would have it. */
    List<String> run(Part.Command command) throws Exception {
        List<List<String>> stages = ToolScript.stages(command.line());
        List<String> words = stages.get(0).stream().map(this::resolve).toList();
        String name = words.get(0);
        List<String> arguments = words.subList(1, words.size());
        String stdin = String.join("", command.stdin().stream().map(line -> line + "\n").toList());
        StockTool.Outcome outcome;
        try {
            outcome = start(name, arguments, stdin);
        } catch (AssertionError
                | ConditionTimeoutException
                | ExecutionException
                | KafkaException e) {
            // The rest of the script may still have something to tell.
            outcome = new StockTool.Outcome(-1, e.toString());
        }
        List<String> lines = Filters.comparable(unresolve(outcome.output()));
        for (List<String> filter : stages.subList(1, stages.size())) {
            lines = Filters.apply(filter, lines);
        }
        List<String> result = new ArrayList<>(lines);
        if (outcome.exitCode() != 0) {
            result.add("[exit " + outcome.exitCode() + "]");
        }
        return result;
    }

    private StockTool.Outcome start(String name, List<String> arguments, String stdin)
            throws Exception {
        return switch (name) {
            case "file" -> write(arguments.get(0), resolve(stdin));
            case "broker" -> {
                power.to(arguments.get(0), Integer.parseInt(arguments.get(1)));
                yield new StockTool.Outcome(0, "");
            }
            case "produce", "member", "leave", "transaction", "insync", "leads", "moved" ->
                    new StockTool.Outcome(0, companions.run(name, arguments));
            default -> StockTool.run(name, arguments, stdin);
        };
    }

    /** Those first that begin with another. */
    private Map<String, String> names() {
        Map<String, String> names = new LinkedHashMap<>();
        for (int i = brokers.size(); i > 0; i--) {
            String number = i == 1 ? "" : String.valueOf(i);
            names.put("BROKER" + number, brokers.get(i - 1));
            names.put("LOGS" + number, logs.get(i - 1).toString());
        }
        names.put("TMP", files.toString());
        return names;
    }

    private String resolve(String text) {
        String resolved = text;
        for (Map.Entry<String, String> name : names().entrySet()) {
            resolved = resolved.replace(name.getKey(), name.getValue());
        }
        return resolved;
    }

    private String unresolve(String text) {
        String plain = text;
        for (Map.Entry<String, String> name : names().entrySet()) {
            plain = plain.replace(name.getValue(), name.getKey());
        }
        return plain;
    }

    private static StockTool.Outcome write(String file, String content) throws IOException {
        Files.writeString(Path.of(file), content);
        return new StockTool.Outcome(0, "");
    }

    @Override
    public void close() {
        companions.close();
    }
}
