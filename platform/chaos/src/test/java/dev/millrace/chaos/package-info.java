@NullMarked
package dev.millrace.chaos;

import org.jspecify.annotations.NullMarked;
