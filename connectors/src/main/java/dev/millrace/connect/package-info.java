/** A worker for plugins written to the Kafka Connect API, and the built-in connectors. */
@NullMarked
package dev.millrace.connect;

import org.jspecify.annotations.NullMarked;
