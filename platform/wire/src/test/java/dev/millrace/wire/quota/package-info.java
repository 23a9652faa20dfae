@NullMarked
package dev.millrace.wire.quota;

import org.jspecify.annotations.NullMarked;
