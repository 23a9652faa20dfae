/** Apache Kafka Streams and Apache Kafka Connect, unmodified, on the packaged node. */
@NullMarked
package dev.millrace.node.apache;

import org.jspecify.annotations.NullMarked;
