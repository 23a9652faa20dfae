/**
 * The Streams DSL, its topology and its runtime; type and method names are those of Kafka Streams.
 */
@NullMarked
package dev.millrace.streams;

import org.jspecify.annotations.NullMarked;
