package dev.millrace.sql.catalog;

import java.util.List;
import java.util.stream.Collectors;

/** The type of a column, and by it the Java class of its values. */
public sealed interface SqlType {
    /** As SQL writes it. */
    String sql();

    /** A type without parts. */
    enum Scalar implements SqlType {
        /** {@link Boolean} */
        BOOLEAN,
        /** {@link Long}, as all whole numbers */
        INTEGER,
        /** {@link Long} */
        BIGINT,
        /** {@link Double} */
        DOUBLE,
        /** {@link java.math.BigDecimal} */
        DECIMAL,
        /** {@link String} */
        VARCHAR,
        /** {@code byte[]} */
        VARBINARY,
        /** {@link Long}: days since 1970-01-01 */
        DATE,
        /** {@link Long}: milliseconds of the day */
        TIME,
        /** {@link Long}: milliseconds since 1970-01-01T00:00:00Z */
        TIMESTAMP;

        @Override
        public String sql() {
            return name();
        }
    }

    /** {@link List} of the element's class. */
    record ArrayOf(SqlType element) implements SqlType {
        @Override
        public String sql() {
            return element.sql() + " ARRAY";
        }
    }

    /** {@link java.util.Map} from String to the value's class. */
    record MapOf(SqlType value) implements SqlType {
        @Override
        public String sql() {
            return "MAP<VARCHAR, " + value.sql() + ">";
        }
    }

    /** {@link dev.millrace.sql.row.Row} with one value per field. */
    record RowOf(List<Field> fields) implements SqlType {
        @Override
        public String sql() {
            return fields.stream()
                    .map(f -> f.name() + " " + f.type().sql())
                    .collect(Collectors.joining(", ", "ROW(", ")"));
        }
    }

    /** A named part of a row. */
    record Field(String name, SqlType type) {}
}
