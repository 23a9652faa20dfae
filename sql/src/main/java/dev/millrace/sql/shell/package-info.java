/** The SQL shell: speaks HTTP to a node, knows nothing of the engine. */
@NullMarked
package dev.millrace.sql.shell;

import org.jspecify.annotations.NullMarked;
