/** Runs plans: as a Streams topology that lives on, or inside this process for one answer. */
@NullMarked
package dev.millrace.sql.exec;

import org.jspecify.annotations.NullMarked;
