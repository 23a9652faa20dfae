@NullMarked
package dev.millrace.streams.internal.query;

import org.jspecify.annotations.NullMarked;
