/**
 * Placing tasks on instances in a way of the program's own (KIP-924). The assignor runs in the
 * instance that leads the group; {@code task.assignor.class} names it.
 */
@NullMarked
package dev.millrace.streams.processor.assignment;

import org.jspecify.annotations.NullMarked;
