/**
 * The reactive Java client: produce a {@code Flowable}, read a topic as records, table or
 * changelog.
 */
@NullMarked
package dev.millrace.client;

import org.jspecify.annotations.NullMarked;
