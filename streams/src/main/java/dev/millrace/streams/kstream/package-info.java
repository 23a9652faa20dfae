/**
 * The DSL: streams of records, tables of the latest value per key, and the objects that configure
 * them.
 */
@NullMarked
package dev.millrace.streams.kstream;

import org.jspecify.annotations.NullMarked;
