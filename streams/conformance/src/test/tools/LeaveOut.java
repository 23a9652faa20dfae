import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Gives Kafka Streams' test classes what they ask of its table class through {@code Tables}, and
 * what of a builder's topology through {@code TopologyWrapper}, then takes methods that look into its other internals out of them, and the imports
 * that nothing needs then. Run by the build, from source: {@code java LeaveOut.java LIST DIRECTORY}.
 *
 * <pre>
 * list:  (path of a class, as it is renamed: names of methods and nested classes, by commas)...
 *        # begins a comment
 * </pre>
 *
 * A name that is not found fails the build: a new release has renamed it.
 */
final class LeaveOut {
    private static final Pattern IMPORT =
            Pattern.compile("(?m)^import (static )?[\\w.]*?\\.(\\w+);\\R");

    /** A cast, or a variable, of Kafka Streams' table class. */
    private static final String TABLE = "KTableImpl<(?:\\?, \\?, \\?|(\\w+), \\w+, (\\w+))>";

    private LeaveOut() {}

    public static void main(String[] args) throws IOException {
        List<Path> sources;
        try (Stream<Path> files = Files.walk(Path.of(args[1]))) {
            sources = files.filter(each -> each.toString().endsWith("Test.java")).toList();
        }
        for (Path file : sources) {
            String source = Files.readString(file);
            if (source.contains("KTableImpl")) {
                source = withTables(source);
            }
            Files.writeString(file, withTopologies(source));
        }
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String entry = line.replaceFirst("#.*", "").trim();
            if (!entry.isEmpty()) {
                String[] parts = entry.split(":", 2);
                Path file = Path.of(args[1], parts[0].trim());
                String source = Files.readString(file);
                for (String name : parts[1].split(",")) {
                    source = without(source, name.trim(), file);
                }
                Files.writeString(file, withoutUnusedImports(source));
            }
        }
    }

    private static String withTables(String source) {
        String tables = "dev.millrace.streams.internal.dsl.Tables.";
        return source.replaceAll("\\(\\(" + TABLE + "\\) (\\w+)\\)", "$3")
                .replaceAll("\\(" + TABLE + "\\) ", "")
                .replaceAll(TABLE, "KTable<$1, $2>")
                .replaceAll("(\\w+)\\.sendingOldValueEnabled\\(\\)", tables + "sendsOldValues($1)")
                .replaceAll("(\\w+)\\.enableSendingOldValues\\(", tables + "sendOldValues($1, ")
                .replaceAll("\\b(table\\w*|joined|\\w*Table)\\.name\\b(?!\\()", tables + "name($1)");
    }

    private static String withTopologies(String source) {
        return source.replaceAll(
                "(?<!\\.)\\bbuilder\\.internalTopologyBuilder",
                "TopologyWrapper.getInternalTopologyBuilder(builder.build())");
    }

    private static String without(String source, String name, Path file) {
        Pattern declaration =
                Pattern.compile(
                        "(?m)^    (?![ /*@]|return )(?:[\\w<>\\[\\], ?.&]+ )?"
                                + Pattern.quote(name)
                                + "(?:<[^\\n{]*>)?(?: (?:extends|implements) [^\\n]*| ?\\{|\\(| = |;)");
        Matcher found = declaration.matcher(source);
        if (!found.find()) {
            throw new IllegalArgumentException("There is no " + name + " in " + file);
        }
        return source.substring(0, startWithAnnotations(source, found.start()))
                + source.substring(end(source, found.start()));
    }

    private static int startWithAnnotations(String source, int declaration) {
        int start = declaration;
        while (true) {
            int previous = source.lastIndexOf('\n', start - 2) + 1;
            String line = source.substring(previous, start);
            if (line.isBlank() || line.trim().endsWith("}") || line.trim().endsWith(";")
                    || line.trim().endsWith("{")) {
                return start;
            }
            start = previous;
        }
    }

    /** Behind the body, or behind the semicolon of a field. */
    private static int end(String source, int declaration) {
        int depth = 0;
        int brackets = 0;
        for (int i = declaration; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '"' || c == '\'') {
                i = endOfLiteral(source, i);
            } else if (source.startsWith("//", i)) {
                i = source.indexOf('\n', i);
            } else if (source.startsWith("/*", i)) {
                i = source.indexOf("*/", i) + 1;
            } else if (c == '(') {
                brackets++;
            } else if (c == ')') {
                brackets--;
            } else if (c == '{') {
                depth++;
            } else if (c == '}' && --depth == 0 && brackets == 0 && !source.startsWith(";", i + 1)) {
                return source.indexOf('\n', i) + 1;
            } else if (c == ';' && depth == 0 && brackets == 0) {
                return source.indexOf('\n', i) + 1;
            }
        }
        throw new IllegalArgumentException("The declaration at " + declaration + " has no end");
    }

    private static int endOfLiteral(String source, int start) {
        char quote = source.charAt(start);
        int i = start + 1;
        while (source.charAt(i) != quote) {
            i += source.charAt(i) == '\\' ? 2 : 1;
        }
        return i;
    }

    private static String withoutUnusedImports(String source) {
        StringBuilder result = new StringBuilder();
        Matcher each = IMPORT.matcher(source);
        String body = each.replaceAll("");
        each.reset();
        while (each.find()) {
            boolean used = Pattern.compile("\\b" + each.group(2) + "\\b").matcher(body).find();
            each.appendReplacement(result, used ? Matcher.quoteReplacement(each.group()) : "");
        }
        return each.appendTail(result).toString();
    }
}
