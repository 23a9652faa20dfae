/**
 * Record batches, the unit in which records travel and are stored: a view that reads and patches
 * them in place, an iterator over their records, and a builder for small ones. The codecs are
 * kafka-clients'.
 */
@NullMarked
package dev.millrace.wire.record;

import org.jspecify.annotations.NullMarked;
