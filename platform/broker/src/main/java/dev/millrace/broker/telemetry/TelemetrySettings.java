package dev.millrace.broker.telemetry;

import java.util.Map;

/**
 * @param maxBytes {@code telemetry.max.bytes}: of one push, as it comes and decompressed
 * @param maxClients {@code millrace.telemetry.clients.max}: clients whose values are kept
 */
public record TelemetrySettings(int maxBytes, int maxClients) {
    private static final String MAX_BYTES = "telemetry.max.bytes";
    private static final String MAX_CLIENTS = "millrace.telemetry.clients.max";

    /**
     * @param properties the node's, checked when it read them
     */
    public static TelemetrySettings from(Map<String, String> properties) {
        return new TelemetrySettings(
                Integer.parseInt(properties.getOrDefault(MAX_BYTES, "1048576").trim()),
                Integer.parseInt(properties.getOrDefault(MAX_CLIENTS, "1000").trim()));
    }
}
