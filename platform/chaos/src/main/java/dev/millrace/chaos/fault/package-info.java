/** What is done to the nodes, and when. */
@NullMarked
package dev.millrace.chaos.fault;

import org.jspecify.annotations.NullMarked;
