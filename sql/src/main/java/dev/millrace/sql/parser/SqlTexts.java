package dev.millrace.sql.parser;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.parser.generated.MillraceParserImpl;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.parser.SqlAbstractParserImpl;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.validate.SqlConformanceEnum;

/**
 * Text to statements. Names keep the case they are written in; double quotes or back quotes make
 * any text a name.
 */
public final class SqlTexts {
    /** Longest text that is taken, in characters. */
    public static final int MAX_TEXT = 1 << 20;

    private static final SqlParser.Config CONFIG =
            SqlParser.config()
                    .withParserFactory(MillraceParserImpl.FACTORY)
                    .withQuoting(Quoting.DOUBLE_QUOTE)
                    .withUnquotedCasing(Casing.UNCHANGED)
                    .withQuotedCasing(Casing.UNCHANGED)
                    .withCaseSensitive(false)
                    .withIdentifierMaxLength(249)
                    .withConformance(SqlConformanceEnum.LENIENT);

    private static final Pattern ENCOUNTERED = Pattern.compile("(?s)Encountered \"(.*?)\" at line");
    private static final int MAX_EXPECTED = 8;

    private SqlTexts() {}

    /** A statement and the text it was written as. */
    public record Parsed(SqlNode node, String text) {}

    /**
     * Parses statements separated by semicolons; positions count in the whole text.
     *
     * @throws SqlException with line and column of the first thing that is not SQL
     */
    public static List<Parsed> parse(String text) {
        if (text.length() > MAX_TEXT) {
            throw SqlException.limit(
                    "a text of "
                            + text.length()
                            + " characters, at most "
                            + MAX_TEXT
                            + " are taken");
        }
        String uniform = doubleQuoted(text);
        if (isBlank(uniform)) {
            throw SqlException.invalid("a statement was expected, the text is empty", 1, 1);
        }
        SqlNodeList statements;
        try {
            statements = SqlParser.create(uniform, CONFIG).parseStmtList();
        } catch (SqlParseException e) {
            throw explain(e, uniform);
        }
        List<Parsed> parsed = new ArrayList<>();
        for (SqlNode statement : statements) {
            parsed.add(new Parsed(statement, textOf(uniform, statement.getParserPosition())));
        }
        return parsed;
    }

    /** Parses exactly one statement. */
    public static Parsed parseOne(String text) {
        List<Parsed> statements = parse(text);
        if (statements.size() != 1) {
            throw SqlException.invalid(
                    "one statement was expected, " + statements.size() + " came");
        }
        return statements.get(0);
    }

    private static String textOf(String text, SqlParserPos pos) {
        int start = offset(text, pos.getLineNum(), pos.getColumnNum());
        int end = offset(text, pos.getEndLineNum(), pos.getEndColumnNum());
        return text.substring(start, Math.min(end + 1, text.length()));
    }

    private static int offset(String text, int line, int column) {
        int offset = 0;
        for (int i = 1; i < line; i++) {
            offset = text.indexOf('\n', offset) + 1;
        }
        return Math.min(offset + column - 1, text.length());
    }

    /** Whether nothing but white space, semicolons and comments is there. */
    static boolean isBlank(String text) {
        String rest =
                text.replaceAll("(?s)/\\*.*?\\*/", " ")
                        .replaceAll("--[^\n]*", " ")
                        .replace(';', ' ');
        return rest.isBlank();
    }

    /** `name` becomes "name" at the same place; strings, comments and double quotes stay. */
    static String doubleQuoted(String text) {
        if (text.indexOf('`') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text);
        char inside = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inside == 0) {
                if (c == '\'' || c == '"' || c == '`') {
                    inside = c;
                    out.setCharAt(i, c == '`' ? '"' : c);
                } else if (c == '-' && text.startsWith("--", i)) {
                    inside = '\n';
                } else if (c == '/' && text.startsWith("/*", i)) {
                    inside = '/';
                    i++;
                }
            } else if (inside == '/' ? text.startsWith("*/", i) : c == inside) {
                if (c == '`') {
                    out.setCharAt(i, '"');
                } else if (inside == '/') {
                    i++;
                }
                inside = 0;
            }
        }
        return out.toString();
    }

    private static SqlException explain(SqlParseException e, String text) {
        SqlParserPos pos = e.getPos();
        String message = String.valueOf(e.getMessage());
        Matcher encountered = ENCOUNTERED.matcher(message);
        if (!encountered.find()) {
            String first = message.lines().findFirst().orElse(message);
            return at(pos, text, first);
        }
        String token = encountered.group(1);
        if (token.equals("<EOF>")) {
            return at(pos, text, "the statement ends too early" + expected(e));
        }
        String word = token.split("\\s+", 2)[0];
        StringBuilder said =
                new StringBuilder("syntax error at \"" + word + "\"").append(expected(e));
        if (isReserved(word)) {
            said.append("; ")
                    .append(word.toUpperCase(Locale.ROOT))
                    .append(" is a reserved word, as a name write \"")
                    .append(word)
                    .append('"');
        }
        return at(pos, text, said.toString());
    }

    private static SqlException at(SqlParserPos pos, String text, String message) {
        if (pos == null || pos.getLineNum() == 0) {
            // At the end of the text the parser knows no place.
            int lines = (int) text.chars().filter(c -> c == '\n').count();
            int column = text.length() - text.lastIndexOf('\n');
            return SqlException.invalid(message, lines + 1, column);
        }
        return SqlException.invalid(message, pos.getLineNum(), Math.max(1, pos.getColumnNum()));
    }

    private static String expected(SqlParseException e) {
        int[][] sequences = e.getExpectedTokenSequences();
        String[] images = e.getTokenImages();
        if (sequences == null || images == null) {
            return "";
        }
        TreeSet<String> words = new TreeSet<>();
        for (int[] sequence : sequences) {
            words.add(images[sequence[0]].replace("\"", ""));
        }
        if (words.isEmpty() || words.size() > MAX_EXPECTED) {
            return "";
        }
        return ", expected " + (words.size() == 1 ? "" : "one of ") + String.join(" ", words);
    }

    /** Whether a word is part of the language and so no name, unless quoted. */
    public static boolean isReserved(String word) {
        if (word.isEmpty() || !Character.isLetter(word.charAt(0))) {
            return false;
        }
        SqlAbstractParserImpl.Metadata metadata = SqlParser.create("", CONFIG).getMetadata();
        return metadata.isReservedWord(word.toUpperCase(Locale.ROOT));
    }

    /** All words of the language, in upper case, for completion. */
    public static List<String> keywords() {
        return SqlParser.create("", CONFIG).getMetadata().getTokens().stream()
                .filter(t -> Character.isLetter(t.charAt(0)))
                .sorted()
                .toList();
    }
}
