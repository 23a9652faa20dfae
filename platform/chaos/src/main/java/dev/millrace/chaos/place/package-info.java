/**
 * Where nodes run: a network whose links can be cut in one direction, and disks that can be full.
 */
@NullMarked
package dev.millrace.chaos.place;

import org.jspecify.annotations.NullMarked;
