/**
 * Programs of the Streams DSL, each in a process of its own. The source is in the jar, too:
 * compiled again with only the imports changed, the same text runs with Kafka Streams.
 */
@NullMarked
package dev.millrace.bench.program;

import org.jspecify.annotations.NullMarked;
