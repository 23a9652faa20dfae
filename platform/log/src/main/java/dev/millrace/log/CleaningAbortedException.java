package dev.millrace.log;

/** A cleaning has to end, because it was told to or the log is not what it was. Not an error. */
final class CleaningAbortedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CleaningAbortedException(String reason) {
        super(reason, null, false, false);
    }
}
