@NullMarked
package dev.millrace.chaos.check;

import org.jspecify.annotations.NullMarked;
