package dev.millrace.streams.processor;

/** Which clock drives a {@link Punctuator}. */
public enum PunctuationType {
    /** Highest record timestamp the task has seen; stands still without input. */
    STREAM_TIME,
    WALL_CLOCK_TIME
}
