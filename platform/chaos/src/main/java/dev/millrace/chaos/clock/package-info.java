/**
 * An agent that makes a JVM's wall clock wrong on demand. Runs inside the nodes: no dependencies,
 * and nothing but the JDK's own classes.
 */
@NullMarked
package dev.millrace.chaos.clock;

import org.jspecify.annotations.NullMarked;
