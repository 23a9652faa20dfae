package dev.millrace.sql.parser;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.parser.generated.MillraceParserImpl;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
            throw SyntaxErrors.explain(e, text);
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
        if (pos.getLineNum() == 0) {
            return text; // TABLE t knows no place
        }
        int start = offset(text, pos.getLineNum(), pos.getColumnNum());
        int end = offset(text, pos.getEndLineNum(), pos.getEndColumnNum());
        return text.substring(start, Math.min(end + 1, text.length()));
    }

    static int offset(String text, int line, int column) {
        int offset = 0;
        for (int i = 1; i < line; i++) {
            offset = text.indexOf('\n', offset) + 1;
        }
        return Math.max(0, Math.min(offset + column - 1, text.length()));
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

    /** The complaint about a statement of other databases, and what to do here. */
    public static String noStatement(String word) {
        return SyntaxErrors.noStatement(word);
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
