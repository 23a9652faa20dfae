/**
 * SQL over topics: parser, catalog, Calcite plan, and the same {@code Topology} that the DSL
 * builds.
 */
@NullMarked
package dev.millrace.sql;

import org.jspecify.annotations.NullMarked;
