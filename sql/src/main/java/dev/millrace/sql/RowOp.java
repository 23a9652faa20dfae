package dev.millrace.sql;

/** What a row of an answer does to the rows before it. Streams only insert. */
public enum RowOp {
    INSERT("+I"),
    UPDATE_BEFORE("-U"),
    UPDATE_AFTER("+U"),
    DELETE("-D");

    private final String code;

    RowOp(String code) {
        this.code = code;
    }

    /** {@code +I}, {@code -U}, {@code +U} or {@code -D} */
    public String code() {
        return code;
    }
}
