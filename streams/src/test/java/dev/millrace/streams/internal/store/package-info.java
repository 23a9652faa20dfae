@NullMarked
package dev.millrace.streams.internal.store;

import org.jspecify.annotations.NullMarked;
