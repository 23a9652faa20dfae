/**
 * The {@code millrace} command. Errors are one line on stderr; exit 0 is success, 1 a failure, 2
 * wrong usage.
 */
@NullMarked
package dev.millrace.node.cli;

import org.jspecify.annotations.NullMarked;
