package dev.millrace.sql.engine;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SchemaInference;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.parser.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.calcite.sql.SqlBasicTypeNameSpec;
import org.apache.calcite.sql.SqlCollectionTypeNameSpec;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlMapTypeNameSpec;
import org.apache.calcite.sql.SqlRowTypeNameSpec;
import org.apache.calcite.sql.SqlTypeNameSpec;
import org.jspecify.annotations.Nullable;

/** {@code CREATE STREAM|TABLE name (columns) WITH (...)}: a relation over a topic. */
final class Declarations {
    private Declarations() {}

    /**
     * @param seen what the topic's records show, for what the declaration leaves open
     */
    static Relation relation(
            Statement.CreateSource create, SourceProperties properties, Relation seen) {
        String name = Statements.name(create.name());
        if (create.columns().isEmpty()) {
            Relation.ValueFormat format =
                    properties.formatGiven() ? properties.valueFormat() : seen.format();
            if (format != seen.format()) {
                throw Statements.at(
                        create.name(),
                        SqlException.Kind.INVALID,
                        "the records of "
                                + seen.topic()
                                + " look like "
                                + seen.format()
                                + "; declare the columns to read them as "
                                + format);
            }
            return new Relation(
                    name,
                    seen.topic(),
                    create.table(),
                    seen.keyName(),
                    seen.keyType(),
                    seen.keyFormat(),
                    seen.keyVisible(),
                    format,
                    seen.columns(),
                    true,
                    null);
        }
        return declared(create, properties, seen, name);
    }

    private static Relation declared(
            Statement.CreateSource create,
            SourceProperties properties,
            Relation seen,
            String name) {
        List<SqlType.Field> columns = new ArrayList<>();
        SqlType.Field key = null;
        Set<String> names = new TreeSet<>();
        for (Statement.ColumnDeclaration column : create.columns()) {
            SqlType.Field field =
                    new SqlType.Field(Statements.name(column.name()), type(column.type()));
            if (!names.add(field.name())) {
                throw Statements.at(
                        column.name(),
                        SqlException.Kind.INVALID,
                        "the column " + field.name() + " is declared twice");
            }
            if (!column.key()) {
                columns.add(field);
            } else if (key == null) {
                key = field;
            } else {
                throw Statements.at(
                        column.name(),
                        SqlException.Kind.INVALID,
                        "only one column is the record's key, that is " + key.name() + " already");
            }
        }
        if (columns.isEmpty()) {
            throw Statements.at(
                    create.name(),
                    SqlException.Kind.INVALID,
                    "a column besides the key is needed, that is the record's value");
        }
        Relation.ValueFormat format = properties.valueFormat();
        if (!properties.formatGiven()
                && columns.size() == 1
                && columns.get(0).name().equalsIgnoreCase(SchemaInference.VALUE)
                && seen.format() != Relation.ValueFormat.JSON) {
            format = seen.format();
        }
        if (format != Relation.ValueFormat.JSON && columns.size() > 1) {
            throw Statements.at(
                    create.name(),
                    SqlException.Kind.INVALID,
                    "value_format "
                            + format
                            + " has one column, "
                            + columns.size()
                            + " are declared");
        }
        return new Relation(
                name,
                seen.topic(),
                create.table(),
                key == null ? Relation.ROWKEY : key.name(),
                key == null ? seen.keyType() : key.type(),
                keyFormat(properties, seen, key),
                key != null,
                format,
                columns,
                true,
                null);
    }

    private static Relation.ValueFormat keyFormat(
            SourceProperties properties, Relation seen, SqlType.@Nullable Field key) {
        if (properties.keyFormatGiven()) {
            return properties.keyFormat();
        }
        boolean number = key != null && key.type() == SqlType.Scalar.BIGINT;
        if (key == null || (number && seen.keyFormat() == Relation.ValueFormat.LONG)) {
            return seen.keyFormat();
        }
        return Relation.ValueFormat.TEXT;
    }

    /** A relation under another name, written by a query. */
    static Relation named(Relation relation, String name, String queryId) {
        return new Relation(
                name,
                relation.topic(),
                relation.table(),
                relation.keyName(),
                relation.keyType(),
                relation.keyFormat(),
                relation.keyVisible(),
                relation.format(),
                relation.columns(),
                true,
                queryId);
    }

    /** A column type as written: SQL's names, and STRING for VARCHAR. */
    static SqlType type(SqlDataTypeSpec spec) {
        return type(spec.getTypeNameSpec());
    }

    private static SqlType type(SqlTypeNameSpec spec) {
        if (spec instanceof SqlCollectionTypeNameSpec collection) {
            return new SqlType.ArrayOf(type(collection.getElementTypeName()));
        }
        if (spec instanceof SqlMapTypeNameSpec map) {
            return new SqlType.MapOf(type(map.getValType()));
        }
        if (spec instanceof SqlRowTypeNameSpec row) {
            List<SqlType.Field> fields = new ArrayList<>();
            List<SqlIdentifier> names = row.getFieldNames();
            List<SqlDataTypeSpec> types = row.getFieldTypes();
            for (int i = 0; i < names.size(); i++) {
                fields.add(new SqlType.Field(Statements.name(names.get(i)), type(types.get(i))));
            }
            return new SqlType.RowOf(fields);
        }
        SqlIdentifier name = Objects.requireNonNull(spec.getTypeName());
        String word =
                spec instanceof SqlBasicTypeNameSpec
                        ? name.getSimple().toUpperCase(Locale.ROOT)
                        : name.toString().toUpperCase(Locale.ROOT);
        switch (word) {
            case "BOOLEAN":
                return SqlType.Scalar.BOOLEAN;
            case "TINYINT":
            case "SMALLINT":
            case "INTEGER":
            case "INT":
                return SqlType.Scalar.INTEGER;
            case "BIGINT":
                return SqlType.Scalar.BIGINT;
            case "DECIMAL":
                return SqlType.Scalar.DECIMAL;
            case "FLOAT":
            case "REAL":
            case "DOUBLE":
                return SqlType.Scalar.DOUBLE;
            case "CHAR":
            case "VARCHAR":
            case "STRING":
            case "TEXT":
                return SqlType.Scalar.VARCHAR;
            case "BINARY":
            case "VARBINARY":
            case "BYTES":
                return SqlType.Scalar.VARBINARY;
            case "DATE":
                return SqlType.Scalar.DATE;
            case "TIME":
                return SqlType.Scalar.TIME;
            case "TIMESTAMP":
                return SqlType.Scalar.TIMESTAMP;
            default:
                throw Statements.at(
                        name,
                        SqlException.Kind.INVALID,
                        "no type "
                                + word
                                + "; there are BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL, VARCHAR,"
                                + " VARBINARY, DATE, TIME, TIMESTAMP, t ARRAY, MAP<VARCHAR, t> and"
                                + " ROW(name t, ...)");
        }
    }
}
