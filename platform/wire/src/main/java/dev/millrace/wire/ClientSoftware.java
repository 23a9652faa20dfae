package dev.millrace.wire;

/**
 * What a client says it is, in its ApiVersions request.
 *
 * @param name empty if it has not said, for instance {@code apache-kafka-java}
 * @param version empty if it has not said
 * @see "KIP-511: name and version of clients"
 */
public record ClientSoftware(String name, String version) {
    public static final ClientSoftware UNKNOWN = new ClientSoftware("", "");
}
