/** Stock clients that write down what they tried and what came of it. */
@NullMarked
package dev.millrace.chaos.load;

import org.jspecify.annotations.NullMarked;
