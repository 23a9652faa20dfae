package dev.millrace.broker;

import dev.millrace.wire.SocketOptions;
import dev.millrace.wire.WireConfig;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The data plane's settings, read once from the node's properties. Names and defaults are Kafka's
 * where not said otherwise.
 *
 * @param networkThreads {@code num.network.threads}: event loops that own connections and
 *     partitions; by default half the cores, since requests run to completion on them and a second
 *     loop on two cores only adds hand-offs
 * @param backgroundThreads {@code background.threads}, by default 4
 * @param autoCreateTopics {@code auto.create.topics.enable}
 * @param numPartitions {@code num.partitions}
 * @param replicationFactor {@code default.replication.factor}
 * @param fetchMaxBytes {@code fetch.max.bytes}: bound on one Fetch response
 * @param fetchSessions {@code max.incremental.fetch.session.cache.slots}
 * @param retentionCheckIntervalMs {@code log.retention.check.interval.ms}
 * @param checkpointIntervalMs {@code replica.high.watermark.checkpoint.interval.ms}
 * @param flushCheckIntervalMs {@code log.flush.scheduler.interval.ms}: time between two looks for
 *     logs that {@code flush.ms} wants flushed; by default a second, where Kafka's never looks
 * @param moveBytesPerSecond {@code replica.alter.log.dirs.io.max.bytes.per.second}
 * @param producerIdExpirationMs {@code producer.id.expiration.ms}
 * @param recoveryThreads {@code num.recovery.threads.per.data.dir}
 * @param shutdownGraceMs {@code millrace.shutdown.grace.ms}: how long {@code stop} waits for
 *     answers under way
 * @param rack {@code broker.rack}, empty if not set
 */
record BrokerSettings(
        int networkThreads,
        int backgroundThreads,
        boolean autoCreateTopics,
        int numPartitions,
        int replicationFactor,
        int fetchMaxBytes,
        int fetchSessions,
        long retentionCheckIntervalMs,
        long checkpointIntervalMs,
        long flushCheckIntervalMs,
        long moveBytesPerSecond,
        long producerIdExpirationMs,
        int recoveryThreads,
        long shutdownGraceMs,
        String rack,
        WireConfig wire) {

    /** Longer than any node runs, and not too long for a timer. */
    private static final long MAX_FLUSH_CHECK_INTERVAL_MS = 365L * 24 * 3600 * 1000;

    /**
     * @throws ConfigException a value that is no number, or out of its range
     */
    static BrokerSettings from(Map<String, String> properties) {
        Reader in = new Reader(properties);
        int defaultLoops = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return new BrokerSettings(
                in.number("num.network.threads", defaultLoops, 1),
                in.number("background.threads", 4, 1),
                in.flag("auto.create.topics.enable", true),
                in.number("num.partitions", 1, 1),
                in.number("default.replication.factor", 1, 1),
                in.number("fetch.max.bytes", 55 << 20, 1024),
                in.number("max.incremental.fetch.session.cache.slots", 1000, 0),
                in.longNumber("log.retention.check.interval.ms", 300_000, 1),
                in.longNumber("replica.high.watermark.checkpoint.interval.ms", 5_000, 1),
                Math.min(
                        Math.max(1, in.longNumber("log.flush.scheduler.interval.ms", 1_000, 0)),
                        MAX_FLUSH_CHECK_INTERVAL_MS),
                in.longNumber("replica.alter.log.dirs.io.max.bytes.per.second", Long.MAX_VALUE, 1),
                in.longNumber("producer.id.expiration.ms", 86_400_000, 1),
                in.number("num.recovery.threads.per.data.dir", 2, 1),
                in.longNumber("millrace.shutdown.grace.ms", 2_000, 0),
                properties.getOrDefault("broker.rack", ""),
                ListenerSettings.wire(properties));
    }

    static SocketOptions sockets(Reader in) {
        SocketOptions absent = SocketOptions.DEFAULT;
        return new SocketOptions(
                in.number(
                        "socket.send.buffer.bytes", absent.sendBufferBytes(), SocketOptions.SYSTEM),
                in.number(
                        "socket.receive.buffer.bytes",
                        absent.receiveBufferBytes(),
                        SocketOptions.SYSTEM),
                in.flag("millrace.socket.sendfile", absent.sendfile()));
    }

    /** How {@code __consumer_offsets} is created, by Kafka's {@code offsets.topic.*} settings. */
    static TopicCreation.Shape offsetsTopic(Map<String, String> properties) {
        Reader in = new Reader(properties);
        return new TopicCreation.Shape(
                in.number("offsets.topic.num.partitions", 50, 1),
                in.number("offsets.topic.replication.factor", 1, 1),
                Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT,
                        TopicConfig.COMPRESSION_TYPE_CONFIG,
                        "producer",
                        TopicConfig.SEGMENT_BYTES_CONFIG,
                        Integer.toString(in.number("offsets.topic.segment.bytes", 100 << 20, 1))));
    }

    /**
     * How {@code __transaction_state} is created, by Kafka's {@code transaction.state.log.*}
     * settings.
     */
    static TopicCreation.Shape transactionsTopic(Map<String, String> properties) {
        Reader in = new Reader(properties);
        return new TopicCreation.Shape(
                in.number("transaction.state.log.num.partitions", 50, 1),
                in.number("transaction.state.log.replication.factor", 1, 1),
                Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT,
                        TopicConfig.COMPRESSION_TYPE_CONFIG,
                        "uncompressed",
                        TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG,
                        "false",
                        TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                        Integer.toString(in.number("transaction.state.log.min.isr", 1, 1)),
                        TopicConfig.SEGMENT_BYTES_CONFIG,
                        Integer.toString(
                                in.number("transaction.state.log.segment.bytes", 100 << 20, 1))));
    }

    record Reader(Map<String, String> properties) {
        int number(String name, int absent, int min) {
            long value = longNumber(name, absent, min);
            if (value > Integer.MAX_VALUE) {
                throw new ConfigException(name, value, "at most " + Integer.MAX_VALUE);
            }
            return (int) value;
        }

        long longNumber(String name, long absent, long min) {
            String text = properties.get(name);
            if (text == null) {
                return absent;
            }
            long value;
            try {
                value = Long.parseLong(text.trim());
            } catch (NumberFormatException e) {
                throw new ConfigException(name, text, "expected a whole number");
            }
            if (value < min) {
                throw new ConfigException(name, text, "expected at least " + min);
            }
            return value;
        }

        boolean flag(String name, boolean absent) {
            String text = properties.get(name);
            if (text == null) {
                return absent;
            }
            return switch (text.trim()) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new ConfigException(name, text, "expected true or false");
            };
        }
    }
}
