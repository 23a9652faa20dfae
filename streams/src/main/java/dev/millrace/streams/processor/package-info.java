/** What a topology is made of below the DSL: timestamps, partitioners, state stores, task ids. */
@NullMarked
package dev.millrace.streams.processor;

import org.jspecify.annotations.NullMarked;
