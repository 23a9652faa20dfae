/** The packaged program, started as a process, used with stock clients. */
@NullMarked
package dev.millrace.node.e2e;

import org.jspecify.annotations.NullMarked;
