/**
 * Verticles and request handlers of one Kafka-compatible broker. A partition, a group, a
 * transactional id belongs to one event loop; others send it messages.
 */
@NullMarked
package dev.millrace.broker;

import org.jspecify.annotations.NullMarked;
