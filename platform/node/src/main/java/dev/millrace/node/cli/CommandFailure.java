package dev.millrace.node.cli;

/** Ends a command with one line on stderr and exit code 1. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CommandFailure(String message) {
        super(message);
    }
}
