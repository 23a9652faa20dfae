@NullMarked
package dev.millrace.chaos.fault;

import org.jspecify.annotations.NullMarked;
