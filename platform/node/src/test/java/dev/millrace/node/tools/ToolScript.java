package dev.millrace.node.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A story in commands and what they print.
 *
 * <pre>
 * # a comment
 * $ kafka-console-producer --bootstrap-server BROKER --topic t | grep -v '^$'
 * &lt; a line of stdin
 * a line that is printed
 * [exit 1]                       where it is not 0
 * </pre>
 *
 * A command ends at the next line that begins with {@code $}, or at an empty line. Its words are
 * separated by blanks, and may be quoted by {@code '}.
 */
final class ToolScript {
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    private ToolScript() {}

    /** A line of a script: text between the commands, or a command. */
    sealed interface Part {
        /** A comment, or an empty line. */
        record Text(String line) implements Part {}

        /**
         * @param line without the {@code $}
         * @param stdin lines that it reads
         * @param expected what it prints, and how it ends if not with 0
         */
        record Command(String line, List<String> stdin, List<String> expected) implements Part {}
    }

    static List<Part> parse(List<String> lines) {
        List<Part> parts = new ArrayList<>();
        Part.Command open = null;
        for (String line : lines) {
            if (line.startsWith("$ ")) {
                open = new Part.Command(line.substring(2), new ArrayList<>(), new ArrayList<>());
                parts.add(open);
            } else if (line.isBlank() || (open == null && line.startsWith("#"))) {
                open = null;
                parts.add(new Part.Text(line));
            } else if (open == null) {
                throw new IllegalArgumentException("belongs to no command: " + line);
            } else if (line.startsWith("< ") && open.expected().isEmpty()) {
                open.stdin().add(line.substring(2));
            } else {
                open.expected().add(line);
            }
        }
        return parts;
    }

    static List<String> print(List<Part> parts) {
        List<String> lines = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.Text text) {
                lines.add(text.line());
            } else if (part instanceof Part.Command command) {
                lines.add("$ " + command.line());
                command.stdin().forEach(line -> lines.add("< " + line));
                lines.addAll(command.expected());
            }
        }
        return lines;
    }

    /** The words of each stage of a pipeline. */
    static List<List<String>> stages(String line) {
        List<List<String>> stages = new ArrayList<>();
        List<String> words = new ArrayList<>();
        stages.add(words);
        Matcher word = WORD.matcher(line);
        while (word.find()) {
            if ("|".equals(word.group(2))) {
                words = new ArrayList<>();
                stages.add(words);
            } else {
                words.add(word.group(1) != null ? word.group(1) : word.group(2));
            }
        }
        return stages;
    }
}
