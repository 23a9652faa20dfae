package dev.millrace.sql.plan;

import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.schema.impl.AbstractTable;

/** A relation as Calcite's validator sees it: the whole layout, hidden columns too. */
final class RelationTable extends AbstractTable {
    private final Relation relation;

    RelationTable(Relation relation) {
        this.relation = relation;
    }

    Relation relation() {
        return relation;
    }

    @Override
    public RelDataType getRowType(RelDataTypeFactory factory) {
        RelDataTypeFactory.Builder builder = factory.builder();
        for (SqlType.Field field : relation.layout()) {
            builder.add(field.name(), SqlTypes.toCalcite(field.type(), factory));
        }
        return builder.build();
    }
}
