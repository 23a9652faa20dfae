/** A journal in memory, in the package whose rules it plays by. */
@NullMarked
package dev.millrace.cluster.journal;

import org.jspecify.annotations.NullMarked;
