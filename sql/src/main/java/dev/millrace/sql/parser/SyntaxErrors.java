package dev.millrace.sql.parser;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.plan.Suggestions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.jspecify.annotations.Nullable;

/** What the parser did not understand, in words for whoever typed it. */
final class SyntaxErrors {
    private static final Pattern ENCOUNTERED = Pattern.compile("(?s)Encountered \"(.*?)\" at line");
    private static final Pattern KEYWORD =
            Pattern.compile("(?s)Incorrect syntax near the keyword '([^']*)'.*");
    private static final String NO_QUERY = "Non-query expression encountered in illegal context";
    private static final int MAX_EXPECTED = 8;

    /** How each statement begins, and what it looks like. */
    private static final Map<String, String> USAGE =
            Map.ofEntries(
                    Map.entry("SELECT", "SELECT columns FROM topic"),
                    Map.entry("WITH", "WITH name AS (SELECT ...) SELECT ..."),
                    Map.entry("VALUES", "VALUES (1, 'a'), (2, 'b')"),
                    Map.entry("CREATE", "CREATE STREAM or TABLE name AS SELECT ..."),
                    Map.entry("DROP", "DROP STREAM or TABLE name"),
                    Map.entry("INSERT", "INSERT INTO name VALUES (...)"),
                    Map.entry("SHOW", "SHOW TOPICS, STREAMS, TABLES or QUERIES"),
                    Map.entry("DESCRIBE", "DESCRIBE name"),
                    Map.entry("EXPLAIN", "EXPLAIN statement, or EXPLAIN query-id"),
                    Map.entry("PRINT", "PRINT topic"),
                    Map.entry("TERMINATE", "TERMINATE query-id, or TERMINATE ALL"));

    private static final List<String> STATEMENTS =
            List.of(
                    "SELECT",
                    "SHOW",
                    "DESCRIBE",
                    "CREATE",
                    "DROP",
                    "INSERT",
                    "EXPLAIN",
                    "PRINT",
                    "TERMINATE",
                    "WITH",
                    "VALUES");

    /** Statements of other databases, and what to do here. */
    private static final Map<String, String> ELSEWHERE =
            Map.of(
                    "UPDATE", "a record never changes; INSERT INTO a table writes a newer one",
                    "DELETE", "a record never changes; a topic's retention removes old ones",
                    "MERGE", "a record never changes; INSERT INTO a table writes a newer one",
                    "ALTER", "use CREATE OR REPLACE",
                    "DESC", "did you mean DESCRIBE?",
                    "LIST", "did you mean SHOW?",
                    "FROM", "write SELECT * FROM ...",
                    "USE", "there are no databases; every topic is a relation");

    private static final List<String> CLAUSES =
            List.of("FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EMIT");
    private static final Set<String> BEFORE_A_NAME =
            Set.of(
                    "SELECT", "FROM", "AS", "BY", "WHERE", "AND", "OR", "ON", ",", "(", "=",
                    "TABLE");

    private static final Set<String> CONNECTORS =
            Set.of(
                    "AND", "OR", "NOT", "BY", "WHERE", "ON", "IN", "LIKE", "BETWEEN", "HAVING",
                    "AS");

    private final String text;
    private final SqlParseException error;
    private final List<Token> tokens;

    private SyntaxErrors(SqlParseException error, String text) {
        this.text = text;
        this.error = error;
        this.tokens = tokens(text);
    }

    /** A word, a quoted text or a sign, at {@code start}. */
    private record Token(String text, int start) {
        String upper() {
            return text.toUpperCase(Locale.ROOT);
        }

        boolean isWord() {
            return Character.isLetter(text.charAt(0)) || text.charAt(0) == '_';
        }
    }

    static SqlException explain(SqlParseException error, String text) {
        return new SyntaxErrors(error, text).explain();
    }

    private SqlException explain() {
        int open = openQuote(text);
        if (open >= 0) {
            String quote = text.charAt(open) == '/' ? "*/" : text.substring(open, open + 1);
            return at(
                    open,
                    quote.equals("*/")
                            ? "the comment that begins here does not end; close it with */"
                            : "the "
                                    + (quote.equals("'") ? "text" : "name")
                                    + " that begins here does not end; close it with "
                                    + quote);
        }
        SqlParserPos pos = error.getPos();
        boolean known = pos != null && pos.getLineNum() > 0;
        String message = String.valueOf(error.getMessage());
        Matcher encountered = ENCOUNTERED.matcher(message);
        boolean end = encountered.find() && encountered.group(1).equals("<EOF>");
        int offset =
                known && !end
                        ? SqlTexts.offset(text, pos.getLineNum(), Math.max(1, pos.getColumnNum()))
                        : text.length();
        int index = end ? tokens.size() : indexAt(offset);
        Token first = first(index);
        if (first != null && first.isWord() && !USAGE.containsKey(first.upper())) {
            return at(first.start(), noStatement(first.text()));
        }
        if (end || index == tokens.size()) {
            return at(
                    known ? offset(pos) : text.length(),
                    "the statement ends too early" + expected());
        }
        Token token = tokens.get(index);
        if (token.equals(first)) {
            return at(token.start(), usage(token.upper(), index));
        }
        String hint = index == 0 ? "" : hint(token, index);
        if (index == tokens.size() - 1 && CONNECTORS.contains(token.upper())) {
            return at(token.start(), "the statement ends too early, after " + token.text());
        }
        if (message.startsWith(NO_QUERY)) {
            return at(token.start(), "SELECT or VALUES was expected, " + token.text() + " came");
        }
        String firstLine = message.lines().findFirst().orElse(message);
        boolean plain = !encountered.reset().find() && !KEYWORD.matcher(message).matches();
        if (plain) {
            return at(token.start(), firstLine);
        }
        return at(token.start(), "syntax error at \"" + token.text() + "\"" + expected() + hint);
    }

    private int offset(SqlParserPos pos) {
        return SqlTexts.offset(text, pos.getLineNum(), Math.max(1, pos.getColumnNum()));
    }

    static String noStatement(String word) {
        String elsewhere = ELSEWHERE.get(word.toUpperCase(Locale.ROOT));
        if (elsewhere != null) {
            return "no statement begins with " + word + ": " + elsewhere;
        }
        String near = Suggestions.nearest(word, STATEMENTS);
        return "no statement begins with "
                + word
                + (near == null
                        ? "; one of " + String.join(", ", STATEMENTS) + " was expected"
                        : "; did you mean " + near + "?");
    }

    private String usage(String statement, int index) {
        String next = index + 1 < tokens.size() ? tokens.get(index + 1).text() : null;
        String near =
                next == null || !statement.equals("SHOW")
                        ? null
                        : Suggestions.nearest(
                                next, List.of("TOPICS", "STREAMS", "TABLES", "QUERIES"));
        return "after "
                + statement
                + (next == null ? " nothing came" : " came " + next)
                + (near == null
                        ? "; write " + USAGE.getOrDefault(statement, statement)
                        : "; did you mean " + statement + " " + near + "?");
    }

    /** What to do, where the place tells. */
    private String hint(Token token, int index) {
        Token before = tokens.get(index - 1);
        String word = token.upper();
        String after = index + 1 < tokens.size() ? tokens.get(index + 1).text() : "";
        if (token.text().equals("=") && (before.text().equals("=") || after.equals("="))) {
            return "; a comparison is written with one =";
        }
        if (token.text().equals("-") && before.isWord() && joined(before, token)) {
            return "; a name with - in it needs double quotes: \"" + run(before.start()) + '"';
        }
        if (before.upper().equals("TOP")) {
            return "; write LIMIT " + token.text() + " at the end instead of TOP";
        }
        if (USAGE.containsKey(word) && !BEFORE_A_NAME.contains(before.upper())) {
            return "; end the statement before it with ;";
        }
        String meant = nearExpected(token.text());
        if (meant != null) {
            return "; did you mean " + meant + "?";
        }
        if (CLAUSES.contains(word) || SqlTexts.isReserved(word)) {
            if (before.text().equals(",") && CLAUSES.contains(word) && !nameFollows(index)) {
                return "; leave out the comma before it, or add what should follow the comma";
            }
            if (BEFORE_A_NAME.contains(before.upper())) {
                return "; " + word + " is a reserved word, as a name write \"" + token.text() + '"';
            }
            if (count("(", index) > count(")", index)) {
                return "; a ) is missing before it";
            }
            if (count("CASE", index) > count("END", index)) {
                return "; CASE needs an END before it";
            }
            if (CLAUSES.contains(word)) {
                return "; the order is SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT,"
                        + " EMIT CHANGES";
            }
            return "; " + word + " is a reserved word, as a name write \"" + token.text() + '"';
        }
        // A clause with a slip of the pen was taken for an alias.
        String clause = before.isWord() ? Suggestions.nearest(before.text(), CLAUSES) : null;
        if (clause != null && !clause.equals(before.upper()) && before.text().length() > 2) {
            return "; did you mean " + clause + " instead of " + before.text() + "?";
        }
        return "";
    }

    /** Whether after the word comes what comes after a column: it was meant as one. */
    private boolean nameFollows(int index) {
        if (index + 1 >= tokens.size()) {
            return false;
        }
        String next = tokens.get(index + 1).upper();
        return next.equals(",") || next.equals("FROM") || next.equals("AS");
    }

    private static boolean joined(Token before, Token token) {
        return before.start() + before.text().length() == token.start();
    }

    private String run(int from) {
        int to = from;
        while (to < text.length()
                && (Character.isLetterOrDigit(text.charAt(to))
                        || "_-.".indexOf(text.charAt(to)) >= 0)) {
            to++;
        }
        return text.substring(from, to);
    }

    private long count(String word, int end) {
        return tokens.subList(0, end).stream().filter(t -> t.upper().equals(word)).count();
    }

    /** First token of the statement that holds the token at an index. */
    private @Nullable Token first(int index) {
        Token first = null;
        for (int i = 0; i < tokens.size() && (i <= index); i++) {
            if (tokens.get(i).text().equals(";")) {
                first = i + 1 < tokens.size() && i + 1 <= index ? tokens.get(i + 1) : null;
            } else if (first == null) {
                first = tokens.get(i);
            }
        }
        return first;
    }

    private int indexAt(int offset) {
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.get(i).start() + tokens.get(i).text().length() > offset) {
                return i;
            }
        }
        return tokens.size();
    }

    private SqlException at(int offset, String message) {
        int line = 1 + (int) text.substring(0, offset).chars().filter(c -> c == '\n').count();
        int column = offset - text.lastIndexOf('\n', Math.max(0, offset - 1));
        if (offset == 0) {
            column = 1;
        }
        return SqlException.invalid(message.replace('\n', ' '), line, Math.max(1, column));
    }

    private Set<String> expectedWords() {
        int[][] sequences = error.getExpectedTokenSequences();
        String[] images = error.getTokenImages();
        Set<String> words = new TreeSet<>();
        if (sequences != null && images != null) {
            for (int[] sequence : sequences) {
                String word = plain(images[sequence[0]]);
                if (!word.startsWith("<") && !word.equals("?")) {
                    words.add(word);
                }
            }
        }
        return words;
    }

    private static String plain(String image) {
        if (image.endsWith("IDENTIFIER>")) {
            return "a name";
        }
        if (image.endsWith("NUMERIC_LITERAL>")
                || image.equals("<UNSIGNED_INTEGER_LITERAL>")
                || image.equals("\"DECIMAL\"")) {
            return "a number";
        }
        return image.equals("<EOF>") ? "the end" : image.replace("\"", "");
    }

    private String expected() {
        Set<String> words = expectedWords();
        if (words.isEmpty() || words.size() > MAX_EXPECTED) {
            return "";
        }
        return ", expected " + (words.size() == 1 ? "" : "one of ") + String.join(", ", words);
    }

    private @Nullable String nearExpected(String word) {
        List<String> words =
                expectedWords().stream()
                        .filter(w -> w.length() > 2 && w.equals(w.toUpperCase(Locale.ROOT)))
                        .toList();
        return words.size() > MAX_EXPECTED ? null : Suggestions.nearest(word, words);
    }

    /** Where a quote or comment begins that does not end; -1 if all do. */
    private static int openQuote(String text) {
        int at = 0;
        while (at < text.length()) {
            int end = skip(text, at);
            if (end < 0) {
                return at;
            }
            at = Math.max(end, at + 1);
        }
        return -1;
    }

    /**
     * End of the quoted text or comment at a place; the place itself if none is there, -1 if open.
     */
    private static int skip(String text, int at) {
        char c = text.charAt(at);
        if (c == '\'' || c == '"' || c == '`') {
            int end = text.indexOf(c, at + 1);
            return end < 0 ? -1 : end + 1;
        }
        if (text.startsWith("--", at)) {
            int end = text.indexOf('\n', at);
            return end < 0 ? text.length() : end + 1;
        }
        if (text.startsWith("/*", at)) {
            int end = text.indexOf("*/", at + 2);
            return end < 0 ? -1 : end + 2;
        }
        return at;
    }

    private static List<Token> tokens(String text) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int end = skip(text, at);
            if (end == at || end < 0) {
                end = at + 1;
                while (isWordPart(c) && end < text.length() && isWordPart(text.charAt(end))) {
                    end++;
                }
            }
            boolean comment = text.startsWith("--", at) || text.startsWith("/*", at);
            if (!comment && !Character.isWhitespace(c)) {
                tokens.add(new Token(text.substring(at, end), at));
            }
            at = end;
        }
        return tokens;
    }

    private static boolean isWordPart(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }
}
