package dev.millrace.node.tools;

import dev.millrace.node.tools.ToolScript.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;

/** Runs the commands of a script against one broker. */
final class ScriptRun implements AutoCloseable {
    private final String broker;
    private final Path logs;
    private final Path files;
    private final Companions companions;

    /**
     * @param broker HOST:PORT, {@code BROKER} in scripts
     * @param logs where the broker keeps its partitions, {@code LOGS} in scripts
     * @param files an empty directory, {@code TMP} in scripts
     */
    ScriptRun(String broker, Path logs, Path files) {
        this.broker = broker;
        this.logs = logs;
        this.files = files;
        this.companions = new Companions(broker);
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
        } catch (AssertionError | ExecutionException | KafkaException e) {
            // The rest of the script may still have something to tell.
            outcome = new StockTool.Outcome(-1, e.toString());
        }
        List<String> lines = Filters.comparable(unresolve(outcome.output()), broker);
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
            case "produce", "member", "leave", "transaction" ->
                    new StockTool.Outcome(0, companions.run(name, arguments));
            default -> StockTool.run(name, arguments, stdin);
        };
    }

    private Map<String, String> names() {
        return Map.of("BROKER", broker, "LOGS", logs.toString(), "TMP", files.toString());
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
