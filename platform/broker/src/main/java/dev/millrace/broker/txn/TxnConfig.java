package dev.millrace.broker.txn;

import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/**
 * @param maxTimeoutMs {@code transaction.max.timeout.ms}, more is refused
 * @param abortTimedOutIntervalMs {@code
 *     transaction.abort.timed.out.transaction.cleanup.interval.ms}: how often the coordinator looks
 *     for transactions that have taken too long
 * @param idExpirationMs {@code transactional.id.expiration.ms}, after which an idle id is forgotten
 * @param removeExpiredIntervalMs {@code transaction.remove.expired.transaction.cleanup.interval.ms}
 * @param holdMs {@code add.partitions.to.txn.retry.backoff.max.ms}: how long a request waits for a
 *     transition under way before it is told CONCURRENT_TRANSACTIONS
 * @param maxIds {@code millrace.transactional.ids.max}, transactional ids that this node
 *     coordinates; more are refused with POLICY_VIOLATION
 * @param verifyPartitions {@code transaction.partition.verification.enable}: with older clients,
 *     ask the coordinator before the first record of a transaction is appended to a partition
 */
public record TxnConfig(
        int maxTimeoutMs,
        long abortTimedOutIntervalMs,
        long idExpirationMs,
        long removeExpiredIntervalMs,
        long holdMs,
        int maxIds,
        boolean verifyPartitions) {

    /**
     * @param properties the node's settings under Kafka's names; absent ones have Kafka's defaults
     * @throws ConfigException on a value that is no number or out of range
     */
    public static TxnConfig from(Map<String, String> properties) {
        if (flag(properties, "transaction.two.phase.commit.enable", false)) {
            throw new ConfigException(
                    "transaction.two.phase.commit.enable",
                    true,
                    "two-phase commit with an external coordinator is not available");
        }
        return new TxnConfig(
                number(properties, "transaction.max.timeout.ms", 900_000),
                number(
                        properties,
                        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                        10_000),
                number(properties, "transactional.id.expiration.ms", 604_800_000),
                number(
                        properties,
                        "transaction.remove.expired.transaction.cleanup.interval.ms",
                        3_600_000),
                number(properties, "add.partitions.to.txn.retry.backoff.max.ms", 100, 0),
                number(properties, "millrace.transactional.ids.max", 1_000_000),
                flag(properties, "transaction.partition.verification.enable", true));
    }

    private static int number(Map<String, String> properties, String name, int absent) {
        return number(properties, name, absent, 1);
    }

    private static int number(Map<String, String> properties, String name, int absent, int min) {
        String value = properties.get(name);
        if (value == null) {
            return absent;
        }
        long number;
        try {
            number = Long.parseLong(value.trim());
        } catch (NumberFormatException e) {
            throw new ConfigException(name, value, "expected a whole number");
        }
        if (number < min || number > Integer.MAX_VALUE) {
            throw new ConfigException(
                    name, value, "expected a number from " + min + " to " + Integer.MAX_VALUE);
        }
        return (int) number;
    }

    private static boolean flag(Map<String, String> properties, String name, boolean absent) {
        String value = properties.get(name);
        if (value == null) {
            return absent;
        }
        return switch (value.trim()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new ConfigException(name, value, "expected true or false");
        };
    }
}
