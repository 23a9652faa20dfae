/**
 * Lines of a text file as records, and records as lines of a text file. Same settings and offsets
 * as the connectors of the same names in Apache Kafka.
 */
@NullMarked
package dev.millrace.connect.file;

import org.jspecify.annotations.NullMarked;
