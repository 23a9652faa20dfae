package dev.millrace.streams.processor;

/** Called at an interval of stream or wall clock time. */
@FunctionalInterface
public interface Punctuator {
    /**
     * @param timestamp milliseconds since the epoch of the clock that drives it
     */
    void punctuate(long timestamp);
}
