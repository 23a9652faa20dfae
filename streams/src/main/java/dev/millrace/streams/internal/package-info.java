/** Shared by the internals; no part of the API. */
@NullMarked
package dev.millrace.streams.internal;

import org.jspecify.annotations.NullMarked;
