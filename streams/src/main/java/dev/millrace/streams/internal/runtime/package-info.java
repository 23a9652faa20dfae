/**
 * Threads that own tasks: group assignment, restoring, processing, committing. A cluster is known
 * by the Kafka protocol only.
 */
@NullMarked
package dev.millrace.streams.internal.runtime;

import org.jspecify.annotations.NullMarked;
