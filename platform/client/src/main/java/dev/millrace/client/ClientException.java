package dev.millrace.client;

/**
 * What went wrong, in words for the person who reads the log; the causes are kafka-clients' own.
 */
public sealed class ClientException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ClientException(String message, Throwable cause) {
        super(message, cause);
    }

    ClientException(String message) {
        super(message);
    }

    /** No broker answered in time. A retry can help. */
    public static final class Unreachable extends ClientException {
        private static final long serialVersionUID = 1;

        Unreachable(String bootstrapServers, long timeoutMs, Throwable cause) {
            super(
                    "no broker answered at "
                            + bootstrapServers
                            + " within "
                            + timeoutMs
                            + " ms: is it running, and is that its address?",
                    cause);
        }
    }

    /** The topic is not there. A retry helps only after somebody has created it. */
    public static final class UnknownTopic extends ClientException {
        private static final long serialVersionUID = 1;

        UnknownTopic(String topic, String bootstrapServers) {
            super("topic " + topic + " does not exist at " + bootstrapServers);
        }
    }

    /** A record found no leader to go to. A retry can help. */
    public static final class NoLeader extends ClientException {
        private static final long serialVersionUID = 1;

        NoLeader(String topic, String bootstrapServers, long timeoutMs, Throwable cause) {
            super(
                    "no leader for topic "
                            + topic
                            + " within "
                            + timeoutMs
                            + " ms: no broker answers at "
                            + bootstrapServers
                            + ", or the topic does not exist and is not created automatically",
                    cause);
        }
    }

    /** A record that is not in the format of the codec. */
    public static final class Undecodable extends ClientException {
        private static final long serialVersionUID = 1;

        Undecodable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A table grew beyond {@link ClientConfig#maxTableRows}. */
    public static final class TableTooLarge extends ClientException {
        private static final long serialVersionUID = 1;

        TableTooLarge(String topic, int maxRows) {
            super(
                    "topic "
                            + topic
                            + " has more than "
                            + maxRows
                            + " keys: raise maxTableRows, or read it with records()");
        }
    }

    /** The client was closed below a stream that was still open. */
    public static final class Closed extends ClientException {
        private static final long serialVersionUID = 1;

        Closed(String what) {
            super("the client was closed: " + what);
        }
    }
}
