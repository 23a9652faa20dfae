@NullMarked
package dev.millrace.streams.internal.rx;

import org.jspecify.annotations.NullMarked;
