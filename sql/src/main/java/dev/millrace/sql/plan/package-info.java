/** Validated query to our own plan nodes, by way of Calcite's relational algebra. */
@NullMarked
package dev.millrace.sql.plan;

import org.jspecify.annotations.NullMarked;
