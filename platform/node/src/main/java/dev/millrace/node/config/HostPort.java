package dev.millrace.node.config;

/**
 * @param port 0 asks the system for a free one
 */
public record HostPort(String host, int port) {

    /**
     * @throws ConfigException unless {@code text} is HOST:PORT with a port from 0 to 65535
     */
    public static HostPort parse(String text, String origin) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        String port = colon < 0 ? "" : text.substring(colon + 1);
        if (colon < 0 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535) {
            throw new ConfigException(
                    origin
                            + " should be HOST:PORT, for instance 127.0.0.1:9092, not '"
                            + text
                            + "'");
        }
        return new HostPort(host.isEmpty() ? "0.0.0.0" : host, Integer.parseInt(port));
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
