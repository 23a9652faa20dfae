package dev.millrace.broker;

import dev.millrace.broker.quota.QuotaWindows;
import dev.millrace.wire.ConnectionLimits;
import dev.millrace.wire.WireConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * What the node's properties say of connections, sockets and quota windows. Names are Kafka's, and
 * so are the defaults, but for {@code socket.listen.backlog.size} (1024).
 */
final class ListenerSettings {
    private static final String OVERRIDES = "max.connections.per.ip.overrides";
    private static final String QUEUED_BYTES = "queued.max.request.bytes";
    private static final String CREATION_RATE = "connection_creation_rate";

    private ListenerSettings() {}

    /**
     * @throws ConfigException a value that is no number, or out of its range
     */
    static WireConfig wire(Map<String, String> properties) {
        BrokerSettings.Reader in = new BrokerSettings.Reader(properties);
        int maxRequestBytes = in.number("socket.request.max.bytes", 100 << 20, 1);
        return WireConfig.DEFAULT
                .withMaxRequestBytes(maxRequestBytes)
                .withMaxUnauthenticatedRequestBytes(
                        Math.min(
                                maxRequestBytes,
                                in.number("sasl.server.max.receive.size", 512 << 10, 1)))
                .withMaxIdleMs(in.longNumber("connections.max.idle.ms", 600_000, 1))
                .withConnections(connections(properties, Map.of()))
                .withSockets(BrokerSettings.sockets(in))
                .withBacklog(in.number("socket.listen.backlog.size", 1024, 1))
                .withMaxQueuedBytes(maxQueuedBytes(in, maxRequestBytes));
    }

    private static long maxQueuedBytes(BrokerSettings.Reader in, int maxRequestBytes) {
        long bytes = in.longNumber(QUEUED_BYTES, WireConfig.UNLIMITED, Long.MIN_VALUE);
        if (bytes > 0 && bytes < maxRequestBytes) {
            throw new ConfigException(
                    QUEUED_BYTES,
                    bytes,
                    "expected at least socket.request.max.bytes, %d, or -1 for no bound"
                            .formatted(maxRequestBytes));
        }
        return bytes;
    }

    /**
     * @param quotas of the image; those of IPs count here
     */
    static ConnectionLimits connections(
            Map<String, String> properties, Map<ClientQuotaEntity, Map<String, Double>> quotas) {
        BrokerSettings.Reader in = new BrokerSettings.Reader(properties);
        QuotaWindows windows = quotaWindows(properties);
        Map<InetAddress, Integer> overrides =
                perIpOverrides(properties.getOrDefault(OVERRIDES, ""));
        int maxPerIp = in.number("max.connections.per.ip", ConnectionLimits.UNLIMITED, 0);
        if (maxPerIp == 0 && overrides.isEmpty()) {
            throw new ConfigException(
                    "max.connections.per.ip",
                    0,
                    "expected at least 1, unless " + OVERRIDES + " is set");
        }
        ConnectionLimits limits =
                ConnectionLimits.NONE
                        .withMax(in.number("max.connections", ConnectionLimits.UNLIMITED, 0))
                        .withMaxPerIp(maxPerIp, overrides)
                        .withCreationRate(
                                in.number(
                                        "max.connection.creation.rate",
                                        ConnectionLimits.UNLIMITED,
                                        0))
                        .withWindows(windows.clientWindows(), windows.clientWindowMs());
        return withIpQuotas(limits, quotas);
    }

    private static ConnectionLimits withIpQuotas(
            ConnectionLimits limits, Map<ClientQuotaEntity, Map<String, Double>> quotas) {
        int ofAll = ConnectionLimits.UNLIMITED;
        Map<InetAddress, Integer> byIp = new HashMap<>();
        for (Map.Entry<ClientQuotaEntity, Map<String, Double>> quota : quotas.entrySet()) {
            Map<String, String> names = quota.getKey().entries();
            Double rate = quota.getValue().get(CREATION_RATE);
            if (rate == null || !names.containsKey(ClientQuotaEntity.IP)) {
                continue;
            }
            String ip = names.get(ClientQuotaEntity.IP);
            if (ip == null) {
                ofAll = rate.intValue();
            } else {
                byIp.put(address(ip), rate.intValue());
            }
        }
        return limits.withCreationRatePerIp(ofAll, byIp);
    }

    static QuotaWindows quotaWindows(Map<String, String> properties) {
        BrokerSettings.Reader in = new BrokerSettings.Reader(properties);
        return new QuotaWindows(
                in.number("quota.window.num", 11, 1),
                TimeUnit.SECONDS.toMillis(in.number("quota.window.size.seconds", 1, 1)),
                in.number("controller.quota.window.num", 11, 1),
                TimeUnit.SECONDS.toMillis(in.number("controller.quota.window.size.seconds", 1, 1)));
    }

    /**
     * @param text {@code host:count,host:count}
     */
    private static Map<InetAddress, Integer> perIpOverrides(String text) {
        Map<InetAddress, Integer> overrides = new HashMap<>();
        for (String part : text.split(",", -1)) {
            if (part.isBlank()) {
                continue;
            }
            // An IPv6 address has colons of its own.
            int colon = part.lastIndexOf(':');
            try {
                int count = Integer.parseInt(part.substring(colon + 1).trim());
                overrides.put(address(part.substring(0, Math.max(colon, 0)).trim()), count);
            } catch (NumberFormatException e) {
                throw new ConfigException(OVERRIDES, text, "expected HOST:COUNT, got " + part);
            }
        }
        return overrides;
    }

    private static InetAddress address(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new ConfigException(OVERRIDES, host, "expected an IP or a resolvable host");
        }
    }
}
