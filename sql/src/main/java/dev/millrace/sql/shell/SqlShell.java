package dev.millrace.sql.shell;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.sql.shell.SqlClient.SqlClientException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jline.reader.Candidate;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace sql}: one query, a file of statements, or a shell. Statements end with a
 * semicolon and may take several lines; Ctrl-C ends the running query, or forgets the line; Ctrl-D
 * leaves.
 */
public final class SqlShell {
    static final List<String> WORDS =
            List.of(
                    "SELECT",
                    "FROM",
                    "WHERE",
                    "GROUP BY",
                    "HAVING",
                    "ORDER BY",
                    "LIMIT",
                    "EMIT CHANGES",
                    "CREATE STREAM",
                    "CREATE TABLE",
                    "AS",
                    "WITH",
                    "INSERT INTO",
                    "VALUES",
                    "SHOW TOPICS",
                    "SHOW STREAMS",
                    "SHOW TABLES",
                    "SHOW QUERIES",
                    "DESCRIBE",
                    "EXPLAIN",
                    "DROP STREAM",
                    "DROP TABLE",
                    "DELETE TOPIC",
                    "TERMINATE",
                    "PRINT",
                    "COUNT(*)",
                    "SUM(",
                    "MIN(",
                    "MAX(",
                    "AVG(",
                    "EXPLODE(",
                    "SPLIT(",
                    "CAST(",
                    "TABLE(");

    private static final String PROMPT = "sql> ";
    private static final String HELP =
            """
            SELECT ... [EMIT CHANGES];   rows of topics and tables, now or on and on
            SHOW TOPICS; SHOW STREAMS; SHOW TABLES; SHOW QUERIES;
            DESCRIBE name;   EXPLAIN statement;   PRINT topic LIMIT 10;
            CREATE STREAM|TABLE name AS SELECT ...;   DROP TABLE name;   TERMINATE query;
            Ctrl-C ends a query, Ctrl-D or exit; leaves.""";

    private final SqlClient client;
    private final boolean json;

    private SqlShell(SqlClient client, boolean json) {
        this.client = client;
        this.json = json;
    }

    /**
     * How the shell is called.
     *
     * @param http HOST:PORT of a node
     * @param query statements to run, or empty for file or shell
     * @param file statements to run, or empty
     * @param json print the answer's lines of JSON instead of tables
     */
    public record Options(String http, Optional<String> query, Optional<Path> file, boolean json) {}

    /**
     * Runs until the query, the file or the user is done. Blocking.
     *
     * @return exit code: 0, or 1 after an error, which was said in one line on {@code err}
     */
    public static int run(Options options, PrintStream out, PrintStream err) {
        SqlShell shell = new SqlShell(new SqlClient(options.http()), options.json());
        PrintWriter outWriter = new PrintWriter(out, true, StandardCharsets.UTF_8);
        PrintWriter errWriter = new PrintWriter(err, true, StandardCharsets.UTF_8);
        try {
            if (options.query().isPresent()) {
                return shell.execute(options.query().get(), outWriter, errWriter) ? 0 : 1;
            }
            if (options.file().isPresent()) {
                Path file = options.file().get();
                try {
                    return shell.execute(Files.readString(file), outWriter, errWriter) ? 0 : 1;
                } catch (IOException e) {
                    errWriter.println("error: cannot read " + file + ": " + e.getMessage());
                    return 1;
                }
            }
            return shell.interact(errWriter);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private boolean execute(String statements, PrintWriter out, PrintWriter err)
            throws InterruptedException {
        return execute(statements, out, err, new Running());
    }

    private boolean execute(String statements, PrintWriter out, PrintWriter err, Running running)
            throws InterruptedException {
        try (SqlClient.Answer answer = client.send(statements)) {
            AnswerPrinter printer = new AnswerPrinter(answer, out, err, json);
            running.set(printer);
            return printer.print();
        } catch (SqlClientException e) {
            err.println("error: " + e.getMessage());
            err.flush();
            return false;
        } finally {
            running.set(null);
        }
    }

    /** The query that Ctrl-C ends. */
    private static final class Running {
        private @Nullable AnswerPrinter printer;

        synchronized void set(@Nullable AnswerPrinter next) {
            printer = next;
        }

        synchronized void cancel() {
            if (printer != null) {
                printer.cancel();
            }
        }
    }

    private int interact(PrintWriter err) throws InterruptedException {
        Running running = new Running();
        try (Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build()) {
            terminal.handle(Terminal.Signal.INT, signal -> running.cancel());
            LineReader reader =
                    LineReaderBuilder.builder()
                            .terminal(terminal)
                            .appName("millrace sql")
                            .parser(new UntilSemicolon())
                            .completer(this::complete)
                            .variable(LineReader.HISTORY_FILE, historyFile())
                            .variable(LineReader.SECONDARY_PROMPT_PATTERN, "(; ends it) > ")
                            .build();
            while (true) {
                String text;
                try {
                    text = reader.readLine(PROMPT).trim();
                } catch (UserInterruptException e) {
                    continue;
                } catch (EndOfFileException e) {
                    return 0;
                }
                String word = text.replace(";", "").trim().toLowerCase(Locale.ROOT);
                if (word.equals("exit") || word.equals("quit")) {
                    return 0;
                }
                if (word.equals("help")) {
                    terminal.writer().println(HELP);
                    terminal.flush();
                } else if (!word.isEmpty()) {
                    execute(text, terminal.writer(), terminal.writer(), running);
                }
            }
        } catch (IOException e) {
            err.println("error: no terminal: " + e.getMessage());
            return 1;
        }
    }

    private static Path historyFile() {
        Path home = Path.of(System.getProperty("user.home", "."));
        return home.resolve(".millrace").resolve("sql_history");
    }

    private void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        String start = line.word().toUpperCase(Locale.ROOT);
        for (String word : WORDS) {
            if (word.startsWith(start)) {
                candidates.add(new Candidate(word));
            }
        }
        for (String name : names()) {
            if (name.toUpperCase(Locale.ROOT).startsWith(start)) {
                candidates.add(new Candidate(name));
            }
        }
    }

    /** Topics, streams and tables as the node knows them now; none if it does not answer. */
    private List<String> names() {
        List<String> names = new ArrayList<>();
        try (SqlClient.Answer answer = client.send("SHOW TOPICS; SHOW STREAMS; SHOW TABLES")) {
            JsonNode line = answer.next();
            while (line != null) {
                if (line.has("row")) {
                    names.add(line.get("row").path(0).asText());
                }
                line = answer.next();
            }
        } catch (SqlClientException | IOException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return names;
    }

    /** Goes on to a next line until the statement is ended. */
    private static final class UntilSemicolon implements Parser {
        private final DefaultParser words = new DefaultParser();

        UntilSemicolon() {
            words.setEscapeChars(null);
            words.setQuoteChars(null);
        }

        @Override
        public ParsedLine parse(String line, int cursor, ParseContext context) {
            boolean accepting =
                    context == ParseContext.ACCEPT_LINE || context == ParseContext.UNSPECIFIED;
            if (accepting && !StatementEnd.complete(line) && !isCommand(line)) {
                throw new EOFError(-1, cursor, "the statement goes on until a semicolon");
            }
            return words.parse(line, cursor, context);
        }

        private static boolean isCommand(String line) {
            String word = line.trim().toLowerCase(Locale.ROOT);
            return word.equals("exit") || word.equals("quit") || word.equals("help");
        }
    }
}
