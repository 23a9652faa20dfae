/** Kinds of windows. Their names and package are Kafka Streams', since programs name them. */
@NullMarked
package dev.millrace.streams.kstream.internals;

import org.jspecify.annotations.NullMarked;
