package dev.millrace.streams.processor;

/** A scheduled {@link Punctuator}. */
@FunctionalInterface
public interface Cancellable {
    void cancel();
}
