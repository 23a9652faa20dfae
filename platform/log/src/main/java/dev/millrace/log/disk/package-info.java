/**
 * What the log asks of a disk: positional reads and writes, and an explicit step for everything
 * that must survive the loss of power. Two interfaces, so that tests can bring a disk that loses,
 * tears and refuses.
 */
@NullMarked
package dev.millrace.log.disk;

import org.jspecify.annotations.NullMarked;
