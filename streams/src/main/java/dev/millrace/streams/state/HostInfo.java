package dev.millrace.streams.state;

import java.util.Objects;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** Where an instance answers queries: its {@code application.server}. */
public class HostInfo {
    private static final HostInfo UNAVAILABLE = new HostInfo("unavailable", -1);

    private final String host;
    private final int port;

    public HostInfo(String host, int port) {
        this.host = host;
        this.port = port;
    }

    /**
     * @param endPoint HOST:PORT; null when blank
     */
    public static @Nullable HostInfo buildFromEndpoint(@Nullable String endPoint) {
        if (endPoint == null || endPoint.isBlank()) {
            return null;
        }
        String host = Utils.getHost(endPoint);
        Integer port = Utils.getPort(endPoint);
        if (host == null || port == null) {
            throw new ConfigException(
                    "Error parsing host address " + endPoint + ". Expected format host:port.");
        }
        return new HostInfo(host, port);
    }

    public static HostInfo unavailable() {
        return UNAVAILABLE;
    }

    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HostInfo that && port == that.port && host.equals(that.host);
    }

    @Override
    public int hashCode() {
        return Objects.hash(host, port);
    }

    @Override
    public String toString() {
        return "HostInfo{host='" + host + "', port=" + port + '}';
    }
}
