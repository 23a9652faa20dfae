package dev.millrace.streams.state;

/** A store of sessions that keeps the headers of the last update of each. */
public interface SessionStoreWithHeaders<K, AGG>
        extends SessionStore<K, AggregationWithHeaders<AGG>> {}
