/** Records as tests see them. */
@NullMarked
package dev.millrace.streams.test;

import org.jspecify.annotations.NullMarked;
