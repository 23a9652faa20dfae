/**
 * The commit log of one partition in Kafka's on-disk format. Plain Java: one writer per partition,
 * clock and file system injected, no Vert.x, no threads of its own.
 */
@NullMarked
package dev.millrace.log;

import org.jspecify.annotations.NullMarked;
