package dev.millrace.sql.plan;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.row.Values;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlCharStringLiteral;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.util.SqlBasicVisitor;

/**
 * Refuses a text that is compared or combined with numbers and is none: as null it would silently
 * match nothing. A CAST that was written out is left alone.
 */
final class LiteralCasts extends SqlBasicVisitor<Void> {
    @Override
    public Void visit(SqlCall call) {
        if (call.getKind() == SqlKind.CAST
                && isImplicit(call)
                && call.operand(0) instanceof SqlCharStringLiteral literal
                && call.operand(1) instanceof SqlDataTypeSpec spec) {
            SqlTypeName type = SqlTypeName.get(spec.getTypeName().getSimple());
            String text = String.valueOf(literal.getValueAs(String.class));
            if (type != null
                    && SqlTypeName.NUMERIC_TYPES.contains(type)
                    && Values.toDecimal(text) == null) {
                throw SqlException.invalid(
                        "a number was expected beside "
                                + type
                                + ", the text '"
                                + text
                                + "' came; write a number, or CAST the other side to VARCHAR",
                        literal.getParserPosition().getLineNum(),
                        literal.getParserPosition().getColumnNum());
            }
        }
        return super.visit(call);
    }

    /** Whether the validator put it in: then it begins where its operand does. */
    private static boolean isImplicit(SqlCall cast) {
        SqlParserPos pos = cast.getParserPosition();
        SqlParserPos operand = cast.operand(0).getParserPosition();
        return pos.getLineNum() == 0
                || (pos.getLineNum() == operand.getLineNum()
                        && pos.getColumnNum() == operand.getColumnNum());
    }
}
