package dev.millrace.node.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.node.tools.ToolScript.Part;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Holds what tools print against a script; or writes the script, where that is asked for. */
final class ScriptCheck {
    private static final @Nullable String RECORD = System.getProperty("millrace.tools.record");

    private ScriptCheck() {}

    /**
     * @param script name of a resource beside this class
     */
    static void check(String script, ScriptRun run) throws Exception {
        List<Part> printed = new ArrayList<>();
        List<String> differences = new ArrayList<>();
        for (Part part : ToolScript.parse(lines(script))) {
            if (part instanceof Part.Command command) {
                List<String> output = run.run(command);
                printed.add(new Part.Command(command.line(), command.stdin(), output));
                if (!output.equals(command.expected())) {
                    differences.add(difference(command, output));
                }
            } else {
                printed.add(part);
            }
        }
        if (RECORD != null) {
            Files.write(Path.of(RECORD, script), ToolScript.print(printed));
            return;
        }
        assertThat(differences).as("lines that Apache Kafka (-) and this node (+) print").isEmpty();
    }

    /** The command, with the lines that only one of both has. */
    private static String difference(Part.Command command, List<String> output) {
        StringBuilder text = new StringBuilder("\n$ ").append(command.line());
        command.expected().stream()
                .filter(line -> !output.contains(line))
                .forEach(line -> text.append("\n- ").append(line));
        output.stream()
                .filter(line -> !command.expected().contains(line))
                .forEach(line -> text.append("\n+ ").append(line));
        if (Set.copyOf(output).equals(Set.copyOf(command.expected()))) {
            text.append("\n+ the same lines, in another order or number: ").append(output);
        }
        return text.toString();
    }

    private static List<String> lines(String script) throws IOException {
        try (var in = ScriptCheck.class.getResourceAsStream(script)) {
            if (in == null) {
                throw new IOException("there is no " + script);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
