/** Scalar expressions and aggregates, compiled from Calcite's to closures. */
@NullMarked
package dev.millrace.sql.expr;

import org.jspecify.annotations.NullMarked;
