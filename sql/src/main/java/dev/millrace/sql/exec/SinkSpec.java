package dev.millrace.sql.exec;

import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import java.util.List;

/**
 * What a persistent query writes.
 *
 * @param topic where to
 * @param table whether a table was asked for
 * @param format of the values
 * @param columns names and types of the query's columns
 */
public record SinkSpec(
        String topic, boolean table, Relation.ValueFormat format, List<SqlType.Field> columns) {}
