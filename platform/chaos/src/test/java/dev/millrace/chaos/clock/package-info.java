@NullMarked
package dev.millrace.chaos.clock;

import org.jspecify.annotations.NullMarked;
