package dev.millrace.streams.errors;

/** An internal topic is there, with other partitions or settings than the program needs. */
public class MisconfiguredInternalTopicException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public MisconfiguredInternalTopicException(String message) {
        super(message);
    }
}
