/**
 * The statements: what each of them does to the catalog, the running queries and the definitions
 * topic.
 */
@NullMarked
package dev.millrace.sql.engine;

import org.jspecify.annotations.NullMarked;
