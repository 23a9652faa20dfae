package dev.millrace.sql.plan;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.SqlType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.rel.type.RelDataTypeSystemImpl;
import org.apache.calcite.sql.type.SqlTypeName;

/** Our column types as Calcite's and back, and the rules by which results get their type. */
public final class SqlTypes {
    private SqlTypes() {}

    /**
     * Text has no length; text of different literals is VARCHAR; sums of whole numbers are BIGINT;
     * an average is DOUBLE.
     */
    static final class Rules extends RelDataTypeSystemImpl {
        @Override
        public int getMaxPrecision(SqlTypeName typeName) {
            return typeName == SqlTypeName.DECIMAL ? 38 : super.getMaxPrecision(typeName);
        }

        @Override
        public boolean shouldConvertRaggedUnionTypesToVarying() {
            return true;
        }

        @Override
        public RelDataType deriveSumType(RelDataTypeFactory factory, RelDataType argument) {
            SqlTypeName name = argument.getSqlTypeName();
            RelDataType sum = argument;
            if (SqlTypeName.INT_TYPES.contains(name)) {
                sum = factory.createSqlType(SqlTypeName.BIGINT);
            } else if (name == SqlTypeName.DECIMAL) {
                sum = factory.createSqlType(SqlTypeName.DECIMAL, 38, argument.getScale());
            } else if (SqlTypeName.APPROX_TYPES.contains(name)) {
                sum = factory.createSqlType(SqlTypeName.DOUBLE);
            }
            return factory.createTypeWithNullability(sum, argument.isNullable());
        }

        @Override
        public RelDataType deriveAvgAggType(RelDataTypeFactory factory, RelDataType argument) {
            return factory.createTypeWithNullability(
                    factory.createSqlType(SqlTypeName.DOUBLE), argument.isNullable());
        }
    }

    /** The nullable Calcite type of a column. */
    static RelDataType toCalcite(SqlType type, RelDataTypeFactory factory) {
        RelDataType calcite;
        if (type instanceof SqlType.Scalar scalar) {
            calcite =
                    scalar == SqlType.Scalar.TIMESTAMP
                            ? factory.createSqlType(SqlTypeName.TIMESTAMP, 3)
                            : factory.createSqlType(SqlTypeName.valueOf(scalar.name()));
        } else if (type instanceof SqlType.ArrayOf array) {
            calcite = factory.createArrayType(toCalcite(array.element(), factory), -1);
        } else if (type instanceof SqlType.MapOf map) {
            calcite =
                    factory.createMapType(
                            toCalcite(SqlType.Scalar.VARCHAR, factory),
                            toCalcite(map.value(), factory));
        } else if (type instanceof SqlType.RowOf row) {
            RelDataTypeFactory.Builder builder = factory.builder();
            for (SqlType.Field field : row.fields()) {
                builder.add(field.name(), toCalcite(field.type(), factory));
            }
            calcite = builder.build();
        } else {
            throw new AssertionError(type);
        }
        return factory.createTypeWithNullability(calcite, true);
    }

    /** Our type of a Calcite type. */
    public static SqlType fromCalcite(RelDataType type) {
        switch (type.getSqlTypeName()) {
            case BOOLEAN:
                return SqlType.Scalar.BOOLEAN;
            case TINYINT:
            case SMALLINT:
            case INTEGER:
                return SqlType.Scalar.INTEGER;
            case BIGINT:
                return SqlType.Scalar.BIGINT;
            case DECIMAL:
                return SqlType.Scalar.DECIMAL;
            case FLOAT:
            case REAL:
            case DOUBLE:
                return SqlType.Scalar.DOUBLE;
            case CHAR:
            case VARCHAR:
            case SYMBOL:
            case NULL:
                return SqlType.Scalar.VARCHAR;
            case BINARY:
            case VARBINARY:
                return SqlType.Scalar.VARBINARY;
            case DATE:
                return SqlType.Scalar.DATE;
            case TIME:
                return SqlType.Scalar.TIME;
            case TIMESTAMP:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return SqlType.Scalar.TIMESTAMP;
            case ARRAY:
            case MULTISET:
                return new SqlType.ArrayOf(
                        fromCalcite(Objects.requireNonNull(type.getComponentType())));
            case MAP:
                return new SqlType.MapOf(fromCalcite(Objects.requireNonNull(type.getValueType())));
            case ROW:
                return new SqlType.RowOf(fields(type));
            default:
                throw SqlException.invalid(
                        "no column can be of type " + type.getFullTypeString() + "; cast it");
        }
    }

    /** The fields of a row type. */
    public static List<SqlType.Field> fields(RelDataType rowType) {
        List<SqlType.Field> fields = new ArrayList<>();
        for (RelDataTypeField field : rowType.getFieldList()) {
            fields.add(new SqlType.Field(field.getName(), fromCalcite(field.getType())));
        }
        return fields;
    }
}
