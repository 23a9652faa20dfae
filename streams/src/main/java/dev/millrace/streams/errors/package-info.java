/** What can go wrong, and who decides whether processing goes on. */
@NullMarked
package dev.millrace.streams.errors;

import org.jspecify.annotations.NullMarked;
