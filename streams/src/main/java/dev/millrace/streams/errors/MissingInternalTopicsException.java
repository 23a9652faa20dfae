package dev.millrace.streams.errors;

import java.util.List;

/** Internal topics that the program needs are not there. */
public class MissingInternalTopicsException extends StreamsException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // lists in use are serialisable
    private final List<String> topics;

    public MissingInternalTopicsException(String message, List<String> topics) {
        super(message);
        this.topics = topics;
    }

    public List<String> topics() {
        return topics;
    }
}
