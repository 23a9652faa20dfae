/** Runs topologies and processors without a broker, for tests of programs. */
@NullMarked
package dev.millrace.streams;

import org.jspecify.annotations.NullMarked;
