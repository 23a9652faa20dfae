/** The web console: a single-page app and the HTTP API behind every screen. */
@NullMarked
package dev.millrace.console;

import org.jspecify.annotations.NullMarked;
