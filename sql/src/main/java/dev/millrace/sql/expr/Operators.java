package dev.millrace.sql.expr;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.sql.SqlFunction;
import org.apache.calcite.sql.SqlFunctionCategory;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlOperatorTable;
import org.apache.calcite.sql.SqlSyntax;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.type.OperandTypes;
import org.apache.calcite.sql.type.ReturnTypes;
import org.apache.calcite.sql.type.SqlOperandTypeChecker;
import org.apache.calcite.sql.type.SqlReturnTypeInference;
import org.apache.calcite.sql.type.SqlTypeFamily;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeTransforms;
import org.apache.calcite.sql.validate.SqlNameMatcher;
import org.jspecify.annotations.Nullable;

/**
 * The operators a query may use: the standard's, as Calcite defines them, and ours. Ours come
 * first, and of the standard's those without parentheses that are names here ({@code USER}) are
 * left out.
 */
public final class Operators implements SqlOperatorTable {
    private static final Set<String> NAMES_NOT_FUNCTIONS =
            Set.of(
                    "USER",
                    "CURRENT_USER",
                    "SESSION_USER",
                    "SYSTEM_USER",
                    "CURRENT_ROLE",
                    "CURRENT_PATH",
                    "CURRENT_CATALOG",
                    "CURRENT_SCHEMA");

    private static final SqlReturnTypeInference TEXT =
            ReturnTypes.explicit(SqlTypeName.VARCHAR).andThen(SqlTypeTransforms.TO_NULLABLE);
    private static final SqlReturnTypeInference TEXT_FORCED =
            ReturnTypes.explicit(SqlTypeName.VARCHAR).andThen(SqlTypeTransforms.FORCE_NULLABLE);
    private static final SqlReturnTypeInference TEXT_ARRAY =
            ReturnTypes.explicit(SqlTypeName.VARCHAR)
                    .andThen(SqlTypeTransforms.TO_ARRAY)
                    .andThen(SqlTypeTransforms.TO_NULLABLE);
    private static final SqlReturnTypeInference TRUTH =
            ReturnTypes.explicit(SqlTypeName.BOOLEAN).andThen(SqlTypeTransforms.TO_NULLABLE);
    private static final SqlReturnTypeInference WHOLE =
            ReturnTypes.explicit(SqlTypeName.BIGINT).andThen(SqlTypeTransforms.TO_NULLABLE);

    private static final SqlOperandTypeChecker ONE_TEXT = OperandTypes.family(SqlTypeFamily.STRING);
    private static final SqlOperandTypeChecker TWO_TEXTS =
            OperandTypes.family(SqlTypeFamily.STRING, SqlTypeFamily.STRING);
    private static final SqlOperandTypeChecker THREE_TEXTS =
            OperandTypes.family(SqlTypeFamily.STRING, SqlTypeFamily.STRING, SqlTypeFamily.STRING);
    private static final SqlOperandTypeChecker TEXT_AND_NUMBER =
            OperandTypes.family(SqlTypeFamily.STRING, SqlTypeFamily.INTEGER);
    private static final SqlOperandTypeChecker PAD =
            TEXT_AND_NUMBER.or(
                    OperandTypes.family(
                            SqlTypeFamily.STRING, SqlTypeFamily.INTEGER, SqlTypeFamily.STRING));

    /**
     * {@code EXPLODE(array)}: the row once per element. Only in a SELECT list; several in one list
     * go side by side, the shorter filled up with nulls.
     */
    public static final SqlFunction EXPLODE =
            new SqlFunction(
                    "EXPLODE",
                    SqlKind.OTHER_FUNCTION,
                    binding ->
                            binding.getTypeFactory()
                                    .createTypeWithNullability(
                                            Objects.requireNonNull(
                                                    binding.getOperandType(0).getComponentType()),
                                            true),
                    null,
                    OperandTypes.family(SqlTypeFamily.ARRAY),
                    SqlFunctionCategory.USER_DEFINED_FUNCTION) {
                @Override
                public boolean isDeterministic() {
                    // Never computed ahead, moved or merged: it changes the number of rows.
                    return false;
                }
            };

    /** Below the constants that the constructor uses. */
    public static final Operators INSTANCE = new Operators();

    private final List<SqlOperator> own = new ArrayList<>();

    private Operators() {
        own.add(EXPLODE);
        add("SPLIT", TEXT_ARRAY, TWO_TEXTS);
        add("REGEXP_SPLIT_TO_ARRAY", TEXT_ARRAY, TWO_TEXTS);
        add("REGEXP_LIKE", TRUTH, TWO_TEXTS);
        add("REGEXP_REPLACE", TEXT_FORCED, THREE_TEXTS);
        add(
                "REGEXP_EXTRACT",
                TEXT_FORCED,
                TWO_TEXTS.or(
                        OperandTypes.family(
                                SqlTypeFamily.STRING,
                                SqlTypeFamily.STRING,
                                SqlTypeFamily.INTEGER)));
        add("LCASE", TEXT, ONE_TEXT);
        add("UCASE", TEXT, ONE_TEXT);
        add("LEN", WHOLE, ONE_TEXT);
        add("LENGTH", WHOLE, ONE_TEXT);
        add(
                "SUBSTR",
                TEXT,
                PAD.or(
                        OperandTypes.family(
                                SqlTypeFamily.STRING,
                                SqlTypeFamily.INTEGER,
                                SqlTypeFamily.INTEGER)));
        add("LEFT", TEXT, TEXT_AND_NUMBER);
        add("RIGHT", TEXT, TEXT_AND_NUMBER);
        add("INSTR", WHOLE, TWO_TEXTS);
        add("REPLACE", TEXT, THREE_TEXTS);
        add("LTRIM", TEXT, ONE_TEXT);
        add("RTRIM", TEXT, ONE_TEXT);
        add("LPAD", TEXT_FORCED, PAD);
        add("RPAD", TEXT_FORCED, PAD);
        add("REVERSE", TEXT, ONE_TEXT);
        add("REPEAT", TEXT_FORCED, TEXT_AND_NUMBER);
        add("STARTS_WITH", TRUTH, TWO_TEXTS);
        add("ENDS_WITH", TRUTH, TWO_TEXTS);
        add("CONTAINS_SUBSTR", TRUTH, TWO_TEXTS);
        add("JSON_TEXT", TEXT_FORCED, TWO_TEXTS);
        add("CONCAT", ReturnTypes.VARCHAR, OperandTypes.ONE_OR_MORE);
        add("CONCAT_WS", TEXT_FORCED, OperandTypes.ONE_OR_MORE);
        add(
                "GREATEST",
                ReturnTypes.LEAST_RESTRICTIVE.andThen(SqlTypeTransforms.TO_NULLABLE),
                OperandTypes.SAME_VARIADIC);
        add(
                "LEAST",
                ReturnTypes.LEAST_RESTRICTIVE.andThen(SqlTypeTransforms.TO_NULLABLE),
                OperandTypes.SAME_VARIADIC);
        add("IFNULL", Operators::firstTypeNullableIfBoth, OperandTypes.SAME_SAME);
        add("NVL", Operators::firstTypeNullableIfBoth, OperandTypes.SAME_SAME);
        add("ARRAY_CONTAINS", TRUTH, OperandTypes.ARRAY_ELEMENT);
        add("ARRAY_LENGTH", WHOLE, OperandTypes.family(SqlTypeFamily.ARRAY));
        add("ARRAY_JOIN", TEXT, OperandTypes.family(SqlTypeFamily.ARRAY, SqlTypeFamily.STRING));
        add("ARRAY_DISTINCT", ReturnTypes.ARG0_NULLABLE, OperandTypes.family(SqlTypeFamily.ARRAY));
        add("UNIX_MILLIS", WHOLE, OperandTypes.family(SqlTypeFamily.TIMESTAMP));
        add(
                "TIMESTAMP_MILLIS",
                binding ->
                        binding.getTypeFactory()
                                .createTypeWithNullability(
                                        binding.getTypeFactory()
                                                .createSqlType(SqlTypeName.TIMESTAMP, 3),
                                        true),
                OperandTypes.family(SqlTypeFamily.INTEGER));
    }

    private static RelDataType firstTypeNullableIfBoth(
            org.apache.calcite.sql.SqlOperatorBinding binding) {
        RelDataType type =
                Objects.requireNonNull(
                        binding.getTypeFactory().leastRestrictive(binding.collectOperandTypes()));
        return binding.getTypeFactory()
                .createTypeWithNullability(type, binding.getOperandType(1).isNullable());
    }

    private void add(String name, SqlReturnTypeInference result, SqlOperandTypeChecker operands) {
        own.add(
                new SqlFunction(
                        name,
                        SqlKind.OTHER_FUNCTION,
                        result,
                        null,
                        operands,
                        SqlFunctionCategory.USER_DEFINED_FUNCTION));
    }

    @Override
    public void lookupOperatorOverloads(
            SqlIdentifier name,
            @Nullable SqlFunctionCategory category,
            SqlSyntax syntax,
            List<SqlOperator> operators,
            SqlNameMatcher matcher) {
        String upper = name.names.get(name.names.size() - 1).toUpperCase(Locale.ROOT);
        if (syntax == SqlSyntax.FUNCTION || syntax == SqlSyntax.FUNCTION_STAR) {
            for (SqlOperator operator : own) {
                if (operator.getName().equals(upper)) {
                    operators.add(operator);
                    return;
                }
            }
        }
        if (!NAMES_NOT_FUNCTIONS.contains(upper)) {
            SqlStdOperatorTable.instance()
                    .lookupOperatorOverloads(name, category, syntax, operators, matcher);
        }
    }

    @Override
    public List<SqlOperator> getOperatorList() {
        List<SqlOperator> all = new ArrayList<>(own);
        for (SqlOperator operator : SqlStdOperatorTable.instance().getOperatorList()) {
            if (!NAMES_NOT_FUNCTIONS.contains(operator.getName())) {
                all.add(operator);
            }
        }
        return all;
    }
}
