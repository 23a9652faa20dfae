package dev.millrace.chaos.place;

/** An address as configuration files write it. */
public record HostPort(String host, int port) {
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
