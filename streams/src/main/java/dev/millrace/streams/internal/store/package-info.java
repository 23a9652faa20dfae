/**
 * Rows of a task: serialisation, the combining cache and the changelog over a store of bytes, in
 * memory or in RocksDB.
 */
@NullMarked
package dev.millrace.streams.internal.store;

import org.jspecify.annotations.NullMarked;
