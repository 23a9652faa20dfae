package dev.millrace.node.tools;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What makes the output of two runs comparable: what differs from run to run becomes a name. */
final class Filters {
    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    /** Members of the consumer protocol choose ids of this form; their host follows. */
    private static final Pattern MEMBER_ID = Pattern.compile("(?<= )[\\w-]{22}(?= +/127)");

    private static final Pattern TOPIC_ID = Pattern.compile("TopicId: [\\w-]{22}");
    private static final Pattern EPOCH_MS = Pattern.compile("\\b1[78]\\d{11}\\b");
    private static final Pattern STACK = Pattern.compile("\\s*(at |\\.\\.\\. \\d+ more).*");
    private static final Pattern BLANKS = Pattern.compile("[ \t]+");

    private Filters() {}

    /** Lines without what is chance, and without empty ones, which end a command in a script. */
    static List<String> comparable(String output) {
        return output.lines()
                .filter(line -> !STACK.matcher(line).matches())
                .map(line -> UUID.matcher(line).replaceAll("UUID"))
                .map(line -> MEMBER_ID.matcher(line).replaceAll("MEMBER"))
                .map(line -> TOPIC_ID.matcher(line).replaceAll("TopicId: ID"))
                .map(line -> EPOCH_MS.matcher(line).replaceAll("TIME"))
                .map(line -> BLANKS.matcher(line).replaceAll(" ").strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /**
     * {@code grep}, {@code sort}, {@code head}, {@code mask}, which hides what matches, or {@code
     * drop}, which removes it.
     */
    static List<String> apply(List<String> stage, List<String> lines) {
        Stream<String> in = lines.stream();
        return switch (stage.get(0)) {
            case "sort" -> in.sorted().toList();
            case "head" -> in.limit(Integer.parseInt(stage.get(1))).toList();
            case "grep" -> {
                boolean without = stage.get(1).equals("-v");
                Pattern pattern = Pattern.compile(stage.get(without ? 2 : 1));
                yield in.filter(line -> pattern.matcher(line).find() != without).toList();
            }
            case "mask" -> in.map(line -> line.replaceAll(stage.get(1), "*")).toList();
            case "drop" -> in.map(line -> line.replaceAll(stage.get(1), "")).toList();
            default -> throw new IllegalArgumentException("no filter is called " + stage.get(0));
        };
    }
}
