package dev.millrace.sql.shell;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jline.utils.WCWidth;

/**
 * Rows as a table. The first rows are held back until they say how wide the columns are; later rows
 * that are wider push the line out rather than being cut.
 */
final class TablePrinter {
    static final int HELD_ROWS = 500;
    private static final int MAX_WIDTH = 60;

    private final PrintWriter out;
    private final List<String> names = new ArrayList<>();
    private final List<Boolean> rightAligned = new ArrayList<>();
    private final List<List<String>> held = new ArrayList<>();
    private boolean printed;
    private boolean showOp;
    private int[] widths = new int[0];
    private long rows;

    TablePrinter(PrintWriter out, JsonNode columns) {
        this.out = out;
        for (JsonNode column : columns) {
            names.add(column.path("name").asText());
            switch (column.path("type").asText()) {
                case "INTEGER":
                case "BIGINT":
                case "DOUBLE":
                case "DECIMAL":
                    rightAligned.add(true);
                    break;
                default:
                    rightAligned.add(false);
                    break;
            }
        }
    }

    void row(String op, JsonNode values) {
        rows++;
        List<String> cells = new ArrayList<>();
        cells.add(op);
        for (JsonNode value : values) {
            cells.add(cell(value));
        }
        boolean changes = !op.equals("+I");
        if (printed) {
            if (changes && !showOp) {
                // From here on rows are changed, not only added.
                showOp = true;
                header();
            }
            print(cells);
            return;
        }
        showOp |= changes;
        held.add(cells);
        if (held.size() >= HELD_ROWS) {
            release();
        }
    }

    /** Prints what is held back. */
    void release() {
        if (!printed) {
            printed = true;
            measure();
            header();
            held.forEach(this::print);
            held.clear();
        }
        out.flush();
    }

    long rows() {
        return rows;
    }

    private void measure() {
        widths = new int[names.size() + 1];
        widths[0] = 2;
        for (int i = 0; i < names.size(); i++) {
            int widest = width(names.get(i));
            for (List<String> cells : held) {
                widest = Math.max(widest, width(cells.get(i + 1)));
            }
            widths[i + 1] = Math.min(MAX_WIDTH, widest);
        }
    }

    private void header() {
        List<String> cells = new ArrayList<>();
        cells.add("");
        cells.addAll(names);
        print(cells);
        StringBuilder line = new StringBuilder();
        for (int i = showOp ? 0 : 1; i < widths.length; i++) {
            line.append(line.length() == 0 ? "" : "-+-").append("-".repeat(widths[i]));
        }
        out.println(line);
    }

    private void print(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = showOp ? 0 : 1; i < cells.size(); i++) {
            String cell = cells.get(i);
            String padding = " ".repeat(Math.max(0, widths[i] - width(cell)));
            boolean right = i > 0 && rightAligned.get(i - 1);
            line.append(line.length() == 0 ? "" : " | ");
            line.append(right ? padding + cell : cell + padding);
        }
        out.println(line.toString().stripTrailing());
    }

    private static String cell(JsonNode value) {
        if (value.isNull()) {
            return "null";
        }
        String text = value.isTextual() ? value.asText() : value.toString();
        return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", " ");
    }

    /** Columns that a text takes on a terminal: wide characters two, combining ones none. */
    static int width(String text) {
        return text.codePoints().map(c -> Math.max(0, WCWidth.wcwidth(c))).sum();
    }
}
