package dev.millrace.streams.kstream.internals;

import org.jspecify.annotations.Nullable;

/**
 * What a processor gets that was added behind a table by hand: {@code Topology.addProcessor} with
 * the name of the table's node.
 *
 * @param oldValue where the table knows it; else null
 */
public record Change<T>(@Nullable T newValue, @Nullable T oldValue) {}
