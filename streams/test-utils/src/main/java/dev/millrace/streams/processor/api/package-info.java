/** A context for tests of processors. */
@NullMarked
package dev.millrace.streams.processor.api;

import org.jspecify.annotations.NullMarked;
