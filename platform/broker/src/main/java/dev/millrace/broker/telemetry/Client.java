package dev.millrace.broker.telemetry;

import dev.millrace.wire.RequestContext;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;

/** Who pushes, as subscriptions can match it and as its metrics are labelled. */
record Client(
        Uuid instanceId,
        String clientId,
        String softwareName,
        String softwareVersion,
        String sourceAddress,
        int sourcePort) {

    static Client of(Uuid instanceId, RequestContext context) {
        return new Client(
                instanceId,
                context.clientId() == null ? "" : context.clientId(),
                context.software().name(),
                context.software().version(),
                context.client().getAddress() == null
                        ? ""
                        : context.client().getAddress().getHostAddress(),
                context.client().getPort());
    }

    /**
     * @param patterns all of which must match the whole of what they speak of
     */
    boolean matches(Map<String, Pattern> patterns) {
        return patterns.entrySet().stream()
                .allMatch(each -> each.getValue().matcher(attribute(each.getKey())).matches());
    }

    private String attribute(String key) {
        return switch (key) {
            case "client_instance_id" -> instanceId.toString();
            case "client_id" -> clientId;
            case "client_software_name" -> softwareName;
            case "client_software_version" -> softwareVersion;
            case "client_source_address" -> sourceAddress;
            case "client_source_port" -> String.valueOf(sourcePort);
            default -> throw new IllegalArgumentException("Nothing is matched by " + key);
        };
    }
}
