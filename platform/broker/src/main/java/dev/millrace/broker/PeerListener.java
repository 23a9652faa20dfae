package dev.millrace.broker;

import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace.peer.listener}: where the other nodes of the cluster reach this one.
 *
 * @param port 0 = any free port
 */
record PeerListener(String host, int port) {
    static final String NAME = "millrace.peer.listener";

    /**
     * Null for a node that is alone.
     *
     * @throws ConfigException not HOST:PORT
     */
    static @Nullable PeerListener from(Map<String, String> properties) {
        String text = properties.getOrDefault(NAME, "").strip();
        if (text.isEmpty()) {
            return null;
        }
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (colon > 0 && port >= 0 && port <= 65_535) {
                return new PeerListener(text.substring(0, colon), port);
            }
        } catch (NumberFormatException e) {
            throw refusal(text);
        }
        throw refusal(text);
    }

    private static ConfigException refusal(String text) {
        return new ConfigException(NAME, text, "expected HOST:PORT");
    }
}
