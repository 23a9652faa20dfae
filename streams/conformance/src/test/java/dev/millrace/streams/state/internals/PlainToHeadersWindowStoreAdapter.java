package dev.millrace.streams.state.internals;

/** Windows on the disk; Kafka Streams adapts those of a supplier to rows with headers. */
public final class PlainToHeadersWindowStoreAdapter extends ShownStore {
    PlainToHeadersWindowStoreAdapter(String name) {
        super(name, true);
    }
}
