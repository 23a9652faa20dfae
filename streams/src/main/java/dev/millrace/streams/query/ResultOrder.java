package dev.millrace.streams.query;

/** Of keys, by their bytes. */
public enum ResultOrder {
    ANY,
    ASCENDING,
    DESCENDING
}
