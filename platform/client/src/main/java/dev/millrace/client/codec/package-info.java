/**
 * How keys and values become bytes. The formats are those of kafka-clients' own serializers and of
 * vertx-kafka-client's, so that programs on either side of a topic may be exchanged one at a time.
 */
@NullMarked
package dev.millrace.client.codec;

import org.jspecify.annotations.NullMarked;
