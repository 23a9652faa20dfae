package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** The aggregate of no records. Called for every new key: mutable aggregates must be fresh ones. */
@FunctionalInterface
public interface Initializer<VAgg> {
    @Nullable VAgg apply();
}
