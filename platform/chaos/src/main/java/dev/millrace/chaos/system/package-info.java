/** What is tested, as programs with configuration files. */
@NullMarked
package dev.millrace.chaos.system;

import org.jspecify.annotations.NullMarked;
