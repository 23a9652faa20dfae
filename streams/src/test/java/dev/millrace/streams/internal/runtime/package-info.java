@NullMarked
package dev.millrace.streams.internal.runtime;

import org.jspecify.annotations.NullMarked;
