package dev.millrace.streams.state;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** Where an instance answers queries: its {@code application.server}. */
public class HostInfo {
    /** With or without a protocol before it; an IPv6 address is in brackets. */
    private static final Pattern ENDPOINT =
            Pattern.compile("(?:[0-9a-zA-Z+.-]+://)?\\[?([0-9a-zA-Z%._:-]+)]?:([0-9]{1,5})");

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
        Matcher matcher = ENDPOINT.matcher(endPoint);
        if (!matcher.matches()) {
            throw new ConfigException(
                    "Error parsing host address " + endPoint + ". Expected format host:port.");
        }
        return new HostInfo(matcher.group(1), Integer.parseInt(matcher.group(2)));
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
