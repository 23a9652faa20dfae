package dev.millrace.streams.query;

/** Why a partition has no answer. */
public enum FailureReason {
    /** The kind of store does not know the kind of query. */
    UNKNOWN_QUERY_TYPE,
    /** The task does not run here; it is a standby, or being restored. */
    NOT_ACTIVE,
    /** The store has not yet seen what the request asks for. */
    NOT_UP_TO_BOUND,
    /** The partition is not here. */
    NOT_PRESENT,
    /** The store has no such partition. */
    DOES_NOT_EXIST,
    STORE_EXCEPTION
}
