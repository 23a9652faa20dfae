@NullMarked
package dev.millrace.chaos.place;

import org.jspecify.annotations.NullMarked;
