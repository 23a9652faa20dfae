/** Reading stores from outside: of this instance's tasks, on the caller's thread. */
@NullMarked
package dev.millrace.streams.internal.query;

import org.jspecify.annotations.NullMarked;
