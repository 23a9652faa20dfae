@NullMarked
package dev.millrace.streams.internal.task;

import org.jspecify.annotations.NullMarked;
