@NullMarked
package dev.millrace.broker.replica;

import org.jspecify.annotations.NullMarked;
