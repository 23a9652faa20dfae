package dev.millrace.broker.quota;

/**
 * What rates are taken over. Names and defaults are Kafka's.
 *
 * @param clientWindows {@code quota.window.num}
 * @param clientWindowMs {@code quota.window.size.seconds}
 * @param controllerWindows {@code controller.quota.window.num}
 * @param controllerWindowMs {@code controller.quota.window.size.seconds}
 */
public record QuotaWindows(
        int clientWindows, long clientWindowMs, int controllerWindows, long controllerWindowMs) {
    public static final QuotaWindows DEFAULT = new QuotaWindows(11, 1_000, 11, 1_000);
}
