package dev.millrace.wire;

import java.net.InetAddress;
import java.util.Map;

/**
 * How many connections a listener takes, and how fast. Names are Kafka's; what is without a limit
 * is {@link #UNLIMITED}.
 *
 * @param max {@code max.connections}: above it newcomers wait until somebody leaves
 * @param maxPerIp {@code max.connections.per.ip}: further ones are closed
 * @param maxByIp {@code max.connections.per.ip.overrides}
 * @param creationRate {@code max.connection.creation.rate}, per second: above it newcomers wait
 * @param creationRatePerIp client quota {@code connection_creation_rate} of the default IP, per
 *     second: above it a newcomer is closed after the throttle time
 * @param creationRateByIp the same quota of single IPs
 * @param windows {@code quota.window.num}, over which rates are taken
 * @param windowMs {@code quota.window.size.seconds}; nobody waits longer for a rate
 */
public record ConnectionLimits(
        int max,
        int maxPerIp,
        Map<InetAddress, Integer> maxByIp,
        int creationRate,
        int creationRatePerIp,
        Map<InetAddress, Integer> creationRateByIp,
        int windows,
        long windowMs) {
    public static final int UNLIMITED = Integer.MAX_VALUE;

    public static final ConnectionLimits NONE =
            new ConnectionLimits(
                    UNLIMITED, UNLIMITED, Map.of(), UNLIMITED, UNLIMITED, Map.of(), 11, 1_000);

    public ConnectionLimits withMax(int connections) {
        return new ConnectionLimits(
                connections,
                maxPerIp,
                maxByIp,
                creationRate,
                creationRatePerIp,
                creationRateByIp,
                windows,
                windowMs);
    }

    public ConnectionLimits withMaxPerIp(int connections, Map<InetAddress, Integer> overrides) {
        return new ConnectionLimits(
                max,
                connections,
                Map.copyOf(overrides),
                creationRate,
                creationRatePerIp,
                creationRateByIp,
                windows,
                windowMs);
    }

    public ConnectionLimits withCreationRate(int perSecond) {
        return new ConnectionLimits(
                max,
                maxPerIp,
                maxByIp,
                perSecond,
                creationRatePerIp,
                creationRateByIp,
                windows,
                windowMs);
    }

    public ConnectionLimits withCreationRatePerIp(
            int perSecond, Map<InetAddress, Integer> overrides) {
        return new ConnectionLimits(
                max,
                maxPerIp,
                maxByIp,
                creationRate,
                perSecond,
                Map.copyOf(overrides),
                windows,
                windowMs);
    }

    public ConnectionLimits withWindows(int count, long lengthMs) {
        return new ConnectionLimits(
                max,
                maxPerIp,
                maxByIp,
                creationRate,
                creationRatePerIp,
                creationRateByIp,
                count,
                lengthMs);
    }

    int maxOf(InetAddress ip) {
        return maxByIp.getOrDefault(ip, maxPerIp);
    }

    int creationRateOf(InetAddress ip) {
        return creationRateByIp.getOrDefault(ip, creationRatePerIp);
    }
}
