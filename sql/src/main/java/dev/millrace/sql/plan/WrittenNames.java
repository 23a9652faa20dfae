package dev.millrace.sql.plan;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlBasicVisitor;

/** Names as a query was written, before the validator rewrites it: to explain an error by. */
final class WrittenNames extends SqlBasicVisitor<Void> {
    private final Set<String> quotedAt = new HashSet<>();
    private final Set<String> aliases = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    static WrittenNames of(SqlNode query) {
        WrittenNames names = new WrittenNames();
        query.accept(names);
        return names;
    }

    /** Whether the name at a place is in double quotes. */
    boolean isQuoted(int line, int column) {
        return quotedAt.contains(line + ":" + column);
    }

    /** Whether an AS gave this name. */
    boolean isAlias(String name) {
        return aliases.contains(name);
    }

    @Override
    @SuppressWarnings("NullAway") // the visitor's result means nothing
    public Void visit(SqlIdentifier id) {
        SqlParserPos pos = id.getParserPosition();
        if (id.isSimple() && pos.isQuoted()) {
            quotedAt.add(pos.getLineNum() + ":" + pos.getColumnNum());
        }
        return null;
    }

    @Override
    public Void visit(SqlCall call) {
        if (call.getKind() == SqlKind.AS && call.operand(1) instanceof SqlIdentifier alias) {
            aliases.add(alias.getSimple());
        }
        return super.visit(call);
    }
}
