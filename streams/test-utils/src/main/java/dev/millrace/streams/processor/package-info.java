/** A context for tests of transformers. */
@NullMarked
package dev.millrace.streams.processor;

import org.jspecify.annotations.NullMarked;
