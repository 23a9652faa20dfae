package dev.millrace.connect.record;

/** The record failed, was reported, and is tolerated: go on with the next one. */
public final class SkippedRecord extends Exception {
    private static final long serialVersionUID = 1;

    SkippedRecord(Throwable cause) {
        super("tolerated", cause, false, false);
    }
}
