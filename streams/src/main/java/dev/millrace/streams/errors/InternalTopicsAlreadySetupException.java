package dev.millrace.streams.errors;

/** Internal topics are there already. */
public class InternalTopicsAlreadySetupException extends StreamsException {
    private static final long serialVersionUID = 1L;

    public InternalTopicsAlreadySetupException(String message) {
        super(message);
    }
}
