package dev.millrace.sql.plan;

import dev.millrace.sql.catalog.SqlType;
import java.util.List;

/**
 * A query ready to run.
 *
 * @param root what to do
 * @param columns names and types of the answer
 * @param logical Calcite's relational algebra as text, for EXPLAIN
 */
public record PlannedQuery(PlanNode root, List<SqlType.Field> columns, String logical) {}
