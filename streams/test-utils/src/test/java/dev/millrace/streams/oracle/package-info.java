/** Comparison with Kafka Streams: the same programs, the same input, the same output. */
@NullMarked
package dev.millrace.streams.oracle;

import org.jspecify.annotations.NullMarked;
