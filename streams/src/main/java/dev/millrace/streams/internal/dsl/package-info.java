/**
 * The DSL's operators write themselves into a topology. Generated names and the order of operators
 * are Kafka Streams', so that internal topics and descriptions are the same.
 */
@NullMarked
package dev.millrace.streams.internal.dsl;

import org.jspecify.annotations.NullMarked;
