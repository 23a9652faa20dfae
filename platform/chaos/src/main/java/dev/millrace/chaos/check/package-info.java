/** What must hold of what was written down. Pure: no clients, no threads. */
@NullMarked
package dev.millrace.chaos.check;

import org.jspecify.annotations.NullMarked;
