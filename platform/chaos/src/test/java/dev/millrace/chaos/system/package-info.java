@NullMarked
package dev.millrace.chaos.system;

import org.jspecify.annotations.NullMarked;
