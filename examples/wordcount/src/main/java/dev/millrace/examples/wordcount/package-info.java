/** WordCount with the Streams DSL, against any Kafka-compatible broker. */
@NullMarked
package dev.millrace.examples.wordcount;

import org.jspecify.annotations.NullMarked;
