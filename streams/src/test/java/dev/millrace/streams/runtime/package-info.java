/** The runtime on a broker. */
@NullMarked
package dev.millrace.streams.runtime;

import org.jspecify.annotations.NullMarked;
