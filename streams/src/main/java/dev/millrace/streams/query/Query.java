package dev.millrace.streams.query;

/**
 * What to ask a store.
 *
 * @param <R> the answer
 */
public interface Query<R> {}
