/**
 * The arithmetic of quotas: plain values that are told the time, without threads. Whoever owns one
 * guards it.
 */
@NullMarked
package dev.millrace.wire.quota;

import org.jspecify.annotations.NullMarked;
