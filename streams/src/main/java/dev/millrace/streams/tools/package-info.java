/** What operators do to applications that do not run. */
@NullMarked
package dev.millrace.streams.tools;

import org.jspecify.annotations.NullMarked;
