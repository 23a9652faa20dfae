package dev.millrace.sql.catalog;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A topic as SQL sees it. The row of a relation is laid out as
 *
 * <pre>
 *   [0] key column | [1..n] value columns | rowtime | rowpartition | rowoffset
 * </pre>
 *
 * where the key column is called {@code rowkey} unless a declaration named it, and {@code *} shows
 * it only if {@code keyVisible}. The last three are never part of {@code *}.
 *
 * @param name what FROM calls it: the topic, or the name of a CREATE
 * @param topic the topic that holds its records
 * @param table whether a reading without {@code TABLE(...)} means latest row per key
 * @param keyName name of the key column
 * @param keyType type of the key column
 * @param keyFormat how keys are encoded: TEXT (any type, as its text), LONG or BYTES
 * @param keyVisible whether {@code *} contains the key column
 * @param format how values are encoded
 * @param columns the value's columns
 * @param declared whether a CREATE fixed the columns; else they were inferred
 * @param queryId the persistent query that writes it, if one does
 */
public record Relation(
        String name,
        String topic,
        boolean table,
        String keyName,
        SqlType keyType,
        ValueFormat keyFormat,
        boolean keyVisible,
        ValueFormat format,
        List<SqlType.Field> columns,
        boolean declared,
        @Nullable String queryId) {

    public static final String ROWKEY = "rowkey";
    public static final String ROWTIME = "rowtime";
    public static final String ROWPARTITION = "rowpartition";
    public static final String ROWOFFSET = "rowoffset";

    /** How the bytes of a value, or of a key, become columns. */
    public enum ValueFormat {
        /** a JSON object per record; its fields are the columns */
        JSON,
        /** UTF-8 text, one column {@code value} */
        TEXT,
        /** an eight byte big endian number as Kafka's LongSerializer writes it, one column */
        LONG,
        /** bytes as they are, one column */
        BYTES
    }

    public Relation {
        columns = List.copyOf(columns);
    }

    /** All columns of the layout, the hidden ones too. */
    public List<SqlType.Field> layout() {
        List<SqlType.Field> fields = new ArrayList<>(columns.size() + 4);
        fields.add(new SqlType.Field(keyName, keyType));
        fields.addAll(columns);
        fields.add(new SqlType.Field(ROWTIME, SqlType.Scalar.TIMESTAMP));
        fields.add(new SqlType.Field(ROWPARTITION, SqlType.Scalar.INTEGER));
        fields.add(new SqlType.Field(ROWOFFSET, SqlType.Scalar.BIGINT));
        return fields;
    }

    /** Index of {@code rowtime} in the layout; partition and offset follow it. */
    public int rowtimeIndex() {
        return columns.size() + 1;
    }

    /** Whether {@code *} leaves out the column at this index of the layout. */
    public boolean hidden(int index) {
        return index > columns.size() || (index == 0 && !keyVisible);
    }

    public Relation asTable(boolean readAsTable) {
        return new Relation(
                name,
                topic,
                readAsTable,
                keyName,
                keyType,
                keyFormat,
                keyVisible,
                format,
                columns,
                declared,
                queryId);
    }
}
