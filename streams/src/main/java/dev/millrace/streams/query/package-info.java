/** Queries of stores, and their answers (KIP-796). */
@NullMarked
package dev.millrace.streams.query;

import org.jspecify.annotations.NullMarked;
