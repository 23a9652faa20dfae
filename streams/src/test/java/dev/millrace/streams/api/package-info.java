/** The public API beside Kafka Streams' own. */
@NullMarked
package dev.millrace.streams.api;

import org.jspecify.annotations.NullMarked;
