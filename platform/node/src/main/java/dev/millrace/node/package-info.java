/**
 * One process: configuration, wiring, the {@code millrace} command. The only module that knows all
 * others.
 */
@NullMarked
package dev.millrace.node;

import org.jspecify.annotations.NullMarked;
