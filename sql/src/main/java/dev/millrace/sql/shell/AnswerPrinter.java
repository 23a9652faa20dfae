package dev.millrace.sql.shell;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Prints the lines of an answer while they come. */
final class AnswerPrinter {
    private static final int QUEUE = 1_000;
    private static final long WIDTHS_AFTER_MS = 300;

    /** What the reading thread hands over: a line, the end, or a failure. */
    private record Item(@Nullable JsonNode line, @Nullable IOException failure) {}

    private final SqlClient.Answer answer;
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;
    private final BlockingQueue<Item> items = new ArrayBlockingQueue<>(QUEUE);
    private volatile boolean cancelled;

    AnswerPrinter(SqlClient.Answer answer, PrintWriter out, PrintWriter err, boolean json) {
        this.answer = answer;
        this.out = out;
        this.err = err;
        this.json = json;
    }

    /** Ends the query, from any thread. */
    void cancel() {
        cancelled = true;
        answer.close();
    }

    /**
     * @return whether every statement was answered
     */
    boolean print() throws InterruptedException {
        Thread reader = new Thread(this::read, "sql-answer");
        reader.setDaemon(true);
        reader.start();
        TablePrinter table = null;
        while (true) {
            Item item = items.poll(WIDTHS_AFTER_MS, TimeUnit.MILLISECONDS);
            if (item == null) {
                if (cancelled) {
                    return finish(table);
                }
                if (table != null) {
                    table.release();
                }
                continue;
            }
            JsonNode line = item.line();
            if (item.failure() != null && !cancelled) {
                err.println("error: the connection broke: " + item.failure().getMessage());
                err.flush();
                return false;
            }
            if (line == null) {
                return finish(table);
            }
            if (json) {
                out.println(line);
                out.flush();
                if (line.has("error")) {
                    return false;
                }
                continue;
            }
            if (line.has("error")) {
                if (table != null) {
                    table.release();
                }
                err.println("error: " + SqlClient.errorText(line.get("error")));
                err.flush();
                return false;
            }
            table = print(line, table);
        }
    }

    private @Nullable TablePrinter print(JsonNode line, @Nullable TablePrinter table) {
        if (line.has("columns")) {
            return new TablePrinter(out, line.get("columns"));
        }
        if (line.has("row") && table != null) {
            table.row(line.path("op").asText(), line.get("row"));
            return table;
        }
        if (line.has("end") && table != null) {
            table.release();
            long rows = line.path("rows").asLong();
            out.println("(" + rows + (rows == 1 ? " row)" : " rows)"));
            out.flush();
            return null;
        }
        if (line.has("message")) {
            if (table != null) {
                table.release();
            }
            out.println(line.get("message").asText());
            out.flush();
        }
        return table;
    }

    private boolean finish(@Nullable TablePrinter table) {
        if (table != null) {
            table.release();
            out.println("(" + table.rows() + " rows, stopped)");
            out.flush();
        }
        return true;
    }

    private void read() {
        try (answer) {
            JsonNode line;
            do {
                line = answer.next();
                items.put(new Item(line, null));
            } while (line != null);
        } catch (IOException e) {
            hand(new Item(null, e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hand(Item last) {
        try {
            items.put(last);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
