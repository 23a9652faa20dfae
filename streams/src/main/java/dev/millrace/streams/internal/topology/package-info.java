/**
 * What a program is, as data: sources, processors, sinks, stores, and how they fall into
 * sub-topologies. Knows no threads, no records.
 */
@NullMarked
package dev.millrace.streams.internal.topology;

import org.jspecify.annotations.NullMarked;
