/** Assignors to choose from. */
@NullMarked
package dev.millrace.streams.processor.assignment.assignors;

import org.jspecify.annotations.NullMarked;
