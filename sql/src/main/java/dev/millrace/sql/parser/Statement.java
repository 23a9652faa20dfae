package dev.millrace.sql.parser;

import java.util.Collections;
import java.util.List;
import org.apache.calcite.sql.SqlCreate;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlDrop;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlSpecialOperator;
import org.apache.calcite.sql.SqlWriter;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.util.ImmutableNullableList;
import org.jspecify.annotations.Nullable;

/**
 * The statements that our grammar adds to Calcite's. They are Calcite nodes because its parser can
 * only return those; Calcite itself validates only the queries inside them.
 *
 * <p>An {@code INSERT} stays Calcite's {@code SqlInsert}.
 */
public final class Statement {
    /**
     * First name of a relation that is to be read as a table; a control character, so that no topic
     * can be called so.
     */
    public static final String TABLE_READING = "\u0001table";

    private Statement() {}

    /** A column as written in {@code CREATE ... (name type [PRIMARY KEY])}. */
    public record ColumnDeclaration(SqlIdentifier name, SqlDataTypeSpec type, boolean key) {}

    /** One {@code name = literal} of a {@code WITH} clause. */
    public record Property(SqlIdentifier name, SqlNode value) {
        /** The name in lower case, dots kept: {@code kafka_topic}, {@code cleanup.policy}. */
        public String key() {
            return String.join(".", name.names).toLowerCase(java.util.Locale.ROOT);
        }

        /** The literal without quotes. */
        public String text() {
            String text = ((SqlLiteral) value).toValue();
            return text == null ? "NULL" : text;
        }
    }

    /** {@code FROM TABLE(name)}: an identifier that resolves to the table reading. */
    public static SqlNode tableReading(SqlParserPos pos, SqlIdentifier name) {
        List<String> names = List.of(TABLE_READING, name.names.get(name.names.size() - 1));
        SqlParserPos component = name.getComponentParserPosition(name.names.size() - 1);
        return new SqlIdentifier(names, null, pos, List.of(pos, component));
    }

    /** {@code SELECT ...}, {@code SELECT ... EMIT CHANGES [LIMIT n]}. */
    public static final class Query extends org.apache.calcite.sql.SqlCall {
        private static final SqlOperator OPERATOR = operator("QUERY");
        private final SqlNode query;
        private final boolean emitChanges;
        private final @Nullable SqlNode limit;

        public Query(
                SqlParserPos pos, SqlNode query, boolean emitChanges, @Nullable SqlNode limit) {
            super(pos);
            this.query = query;
            this.emitChanges = emitChanges;
            this.limit = limit;
        }

        public SqlNode query() {
            return query;
        }

        /** Whether the answer goes on with every change, rather than end at what is there now. */
        public boolean emitChanges() {
            return emitChanges;
        }

        /** The number after {@code EMIT CHANGES LIMIT}: end after so many rows. */
        public @Nullable SqlNode limit() {
            return limit;
        }

        @Override
        public SqlOperator getOperator() {
            return OPERATOR;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return List.of(query);
        }

        @Override
        public void unparse(SqlWriter writer, int leftPrec, int rightPrec) {
            query.unparse(writer, leftPrec, rightPrec);
            if (emitChanges) {
                writer.keyword("EMIT CHANGES");
            }
        }
    }

    /** {@code CREATE STREAM|TABLE}, as a declaration over a topic or {@code AS} a query. */
    public static final class CreateSource extends SqlCreate {
        private static final SqlOperator OPERATOR = operator("CREATE SOURCE");
        private final boolean table;
        private final SqlIdentifier name;
        private final List<ColumnDeclaration> columns;
        private final List<Property> properties;
        private final @Nullable Query query;

        public CreateSource(
                SqlParserPos pos,
                boolean replace,
                boolean table,
                boolean ifNotExists,
                SqlIdentifier name,
                List<ColumnDeclaration> columns,
                List<Property> properties,
                @Nullable Query query) {
            super(OPERATOR, pos, replace, ifNotExists);
            this.table = table;
            this.name = name;
            this.columns = Collections.unmodifiableList(columns);
            this.properties = Collections.unmodifiableList(properties);
            this.query = query;
        }

        public boolean table() {
            return table;
        }

        public boolean ifNotExists() {
            return ifNotExists;
        }

        public SqlIdentifier name() {
            return name;
        }

        public List<ColumnDeclaration> columns() {
            return columns;
        }

        public List<Property> properties() {
            return properties;
        }

        public @Nullable Query query() {
            return query;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return ImmutableNullableList.of(name, query);
        }

        @Override
        public void unparse(SqlWriter writer, int leftPrec, int rightPrec) {
            writer.keyword(table ? "CREATE TABLE" : "CREATE STREAM");
            name.unparse(writer, 0, 0);
            if (query != null) {
                writer.keyword("AS");
                query.unparse(writer, 0, 0);
            }
        }
    }

    /** {@code DROP STREAM|TABLE [IF EXISTS] name [DELETE TOPIC]}. */
    public static final class DropSource extends SqlDrop {
        private static final SqlOperator OPERATOR = operator("DROP SOURCE");
        private final boolean table;
        private final SqlIdentifier name;
        private final boolean deleteTopic;

        public DropSource(
                SqlParserPos pos,
                boolean table,
                boolean ifExists,
                SqlIdentifier name,
                boolean deleteTopic) {
            super(OPERATOR, pos, ifExists);
            this.table = table;
            this.name = name;
            this.deleteTopic = deleteTopic;
        }

        public boolean table() {
            return table;
        }

        public boolean ifExists() {
            return ifExists;
        }

        public SqlIdentifier name() {
            return name;
        }

        public boolean deleteTopic() {
            return deleteTopic;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return List.of(name);
        }
    }

    /** {@code SHOW TOPICS|STREAMS|TABLES|QUERIES}. */
    public static final class Show extends org.apache.calcite.sql.SqlCall {
        /** What is listed. */
        public enum What {
            TOPICS,
            STREAMS,
            TABLES,
            QUERIES
        }

        private static final SqlOperator OPERATOR = operator("SHOW");
        private final What what;

        public Show(SqlParserPos pos, What what) {
            super(pos);
            this.what = what;
        }

        public What what() {
            return what;
        }

        @Override
        public SqlOperator getOperator() {
            return OPERATOR;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return List.of();
        }
    }

    /** {@code DESCRIBE [EXTENDED] name}. */
    public static final class Describe extends org.apache.calcite.sql.SqlCall {
        private static final SqlOperator OPERATOR = operator("DESCRIBE SOURCE");
        private final SqlIdentifier name;
        private final boolean extended;

        public Describe(SqlParserPos pos, SqlIdentifier name, boolean extended) {
            super(pos);
            this.name = name;
            this.extended = extended;
        }

        public SqlIdentifier name() {
            return name;
        }

        public boolean extended() {
            return extended;
        }

        @Override
        public SqlOperator getOperator() {
            return OPERATOR;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return List.of(name);
        }
    }

    /** {@code EXPLAIN} of a statement or of a running query; exactly one of the two is present. */
    public static final class Explain extends org.apache.calcite.sql.SqlCall {
        private static final SqlOperator OPERATOR = operator("EXPLAIN STATEMENT");
        private final @Nullable SqlNode statement;
        private final @Nullable SqlIdentifier queryId;

        public Explain(
                SqlParserPos pos, @Nullable SqlNode statement, @Nullable SqlIdentifier queryId) {
            super(pos);
            this.statement = statement;
            this.queryId = queryId;
        }

        /** {@link Query} or {@link CreateSource} */
        public @Nullable SqlNode statement() {
            return statement;
        }

        public @Nullable SqlIdentifier queryId() {
            return queryId;
        }

        @Override
        public SqlOperator getOperator() {
            return OPERATOR;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return ImmutableNullableList.of(statement, queryId);
        }
    }

    /** {@code TERMINATE query-id}, or of all queries when no id is given. */
    public static final class Terminate extends org.apache.calcite.sql.SqlCall {
        private static final SqlOperator OPERATOR = operator("TERMINATE");
        private final @Nullable SqlIdentifier queryId;

        public Terminate(SqlParserPos pos, @Nullable SqlIdentifier queryId) {
            super(pos);
            this.queryId = queryId;
        }

        public @Nullable SqlIdentifier queryId() {
            return queryId;
        }

        @Override
        public SqlOperator getOperator() {
            return OPERATOR;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return ImmutableNullableList.of(queryId);
        }
    }

    /** {@code PRINT topic [LIMIT n]}: the records as they are, undecoded by any relation. */
    public static final class Print extends org.apache.calcite.sql.SqlCall {
        private static final SqlOperator OPERATOR = operator("PRINT");
        private final SqlIdentifier topic;
        private final @Nullable SqlNode limit;

        public Print(SqlParserPos pos, SqlIdentifier topic, @Nullable SqlNode limit) {
            super(pos);
            this.topic = topic;
            this.limit = limit;
        }

        public SqlIdentifier topic() {
            return topic;
        }

        public @Nullable SqlNode limit() {
            return limit;
        }

        @Override
        public SqlOperator getOperator() {
            return OPERATOR;
        }

        @Override
        public List<SqlNode> getOperandList() {
            return List.of(topic);
        }
    }

    private static SqlOperator operator(String name) {
        return new SqlSpecialOperator(name, SqlKind.OTHER_DDL);
    }
}
