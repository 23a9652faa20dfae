/** A context for tests of processors. */
@NullMarked
package dev.millrace.streams.processor.api;



