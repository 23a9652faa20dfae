/** Key-value state: what processors read and write, and who stores it. */
@NullMarked
package dev.millrace.streams.state;

import org.jspecify.annotations.NullMarked;
