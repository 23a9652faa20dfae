/** Processors written by hand, record by record. */
@NullMarked
package dev.millrace.streams.processor.api;

import org.jspecify.annotations.NullMarked;
