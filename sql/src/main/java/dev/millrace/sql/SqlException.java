package dev.millrace.sql;

/**
 * A statement that cannot be answered: what was expected, what came, what to do. The message stands
 * alone; line and column (from 1) say where in the statement's text, and are 0 where no place is to
 * blame.
 */
public final class SqlException extends RuntimeException {
    /** What kind of refusal this is; HTTP maps it to a status. */
    public enum Kind {
        /** The statement is at fault: 400. */
        INVALID,
        /** It names something that is not there: 404. */
        NOT_FOUND,
        /** It asks for more than the limits allow: 400. */
        LIMIT,
        /** The cluster or this engine is at fault: 500. */
        FAILED
    }

    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final int line;
    private final int column;

    public SqlException(Kind kind, String message, int line, int column) {
        super(message);
        this.kind = kind;
        this.line = line;
        this.column = column;
    }

    public SqlException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.line = 0;
        this.column = 0;
    }

    public static SqlException invalid(String message) {
        return new SqlException(Kind.INVALID, message, 0, 0);
    }

    public static SqlException invalid(String message, int line, int column) {
        return new SqlException(Kind.INVALID, message, line, column);
    }

    public static SqlException notFound(String message) {
        return new SqlException(Kind.NOT_FOUND, message, 0, 0);
    }

    public static SqlException limit(String message) {
        return new SqlException(Kind.LIMIT, message, 0, 0);
    }

    public Kind kind() {
        return kind;
    }

    public int line() {
        return line;
    }

    public int column() {
        return column;
    }

    /** Says the same at another place, for an answer that knew only its own part of the text. */
    public SqlException shiftedBy(int lines, int columnsOnFirstLine) {
        if (line == 0) {
            return this;
        }
        SqlException shifted =
                new SqlException(
                        kind,
                        String.valueOf(getMessage()),
                        line + lines,
                        line == 1 ? column + columnsOnFirstLine : column);
        shifted.initCause(this);
        return shifted;
    }
}
