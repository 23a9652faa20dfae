/** Rows in memory, and how they become the bytes of records and of state. */
@NullMarked
package dev.millrace.sql.row;

import org.jspecify.annotations.NullMarked;
