/** Benchmarks anybody can run, side by side with Apache Kafka. */
@NullMarked
package dev.millrace.bench;

import org.jspecify.annotations.NullMarked;
