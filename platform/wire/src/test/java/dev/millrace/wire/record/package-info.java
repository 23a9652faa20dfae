@NullMarked
package dev.millrace.wire.record;

import org.jspecify.annotations.NullMarked;
