package dev.millrace.sql.plan;

import dev.millrace.sql.catalog.Relation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlOperatorTable;
import org.apache.calcite.sql.validate.SelectScope;
import org.apache.calcite.sql.validate.SqlValidatorCatalogReader;
import org.apache.calcite.sql.validate.SqlValidatorImpl;
import org.apache.calcite.sql.validate.SqlValidatorNamespace;
import org.apache.calcite.sql.validate.SqlValidatorTable;
import org.jspecify.annotations.Nullable;

/** Calcite's validator, except that {@code *} leaves out the hidden columns of a relation. */
final class QueryValidator extends SqlValidatorImpl {
    QueryValidator(
            SqlOperatorTable operators,
            SqlValidatorCatalogReader catalogReader,
            RelDataTypeFactory typeFactory,
            Config config) {
        super(operators, catalogReader, typeFactory, config);
    }

    @Override
    @SuppressWarnings("MixedMutabilityReturnType")
    protected void addToSelectList(
            List<SqlNode> list,
            Set<String> aliases,
            List<Map.Entry<String, RelDataType>> fieldList,
            SqlNode exp,
            SelectScope scope,
            boolean includeSystemVars) {
        if (exp instanceof SqlIdentifier identifier && isHidden(identifier, scope)) {
            return;
        }
        super.addToSelectList(list, aliases, fieldList, exp, scope, includeSystemVars);
    }

    private boolean isHidden(SqlIdentifier column, SelectScope scope) {
        if (column.names.size() != 2) {
            return false;
        }
        ResolvedTable found = new ResolvedTable();
        scope.resolve(column.names.subList(0, 1), getCatalogReader().nameMatcher(), false, found);
        Relation relation = found.relation;
        if (relation == null) {
            return false;
        }
        String name = column.names.get(1);
        for (int i = 0; i < relation.layout().size(); i++) {
            if (relation.layout().get(i).name().equals(name)) {
                return relation.hidden(i);
            }
        }
        return false;
    }

    private static final class ResolvedTable
            implements org.apache.calcite.sql.validate.SqlValidatorScope.Resolved {
        private @Nullable Relation relation;

        @Override
        public void found(
                SqlValidatorNamespace namespace,
                boolean nullable,
                org.apache.calcite.sql.validate.@Nullable SqlValidatorScope scope,
                org.apache.calcite.sql.validate.SqlValidatorScope.Path path,
                @Nullable List<String> remainingNames) {
            SqlValidatorTable table = namespace.getTable();
            RelationTable known = table == null ? null : table.unwrap(RelationTable.class);
            relation = known == null ? null : known.relation();
        }

        @Override
        public int count() {
            return relation == null ? 0 : 1;
        }
    }
}
