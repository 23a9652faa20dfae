package dev.millrace.chaos.check;

/** What a reader asks for, in the words of {@code isolation.level}. */
public enum Isolation {
    READ_UNCOMMITTED,
    READ_COMMITTED
}
