package dev.millrace.cluster;

/**
 * The node cannot take part in the cluster: its directory is in use, foreign or damaged, or a port
 * is taken. The message is one line, says what was expected, what was found, and what to do.
 */
public final class ClusterStartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ClusterStartException(String message, Throwable cause) {
        super(message, cause);
    }

    public ClusterStartException(String message) {
        super(message);
    }
}
