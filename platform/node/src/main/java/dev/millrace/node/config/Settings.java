package dev.millrace.node.config;

import static dev.millrace.node.config.Setting.atLeastOne;
import static dev.millrace.node.config.Setting.count;
import static dev.millrace.node.config.Setting.flag;
import static dev.millrace.node.config.Setting.matching;
import static dev.millrace.node.config.Setting.number;
import static dev.millrace.node.config.Setting.oneOf;
import static dev.millrace.node.config.Setting.ratio;
import static dev.millrace.node.config.Setting.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Every setting a node knows, by name. A name that is not here is refused, with the nearest one
 * that is.
 */
final class Settings {
    private static final long UNLIMITED = Long.MAX_VALUE;
    private static final String KRAFT = "Millrace keeps its metadata in its own journal";
    private static final String THREADS = "Millrace sizes its own thread pools";

    private static final Map<String, Setting> ALL = new LinkedHashMap<>();

    static {
        Stream.of(
                        // who and where
                        count("node.id", 0),
                        count("broker.id", 0),
                        text("broker.rack"),
                        matching(
                                "listeners",
                                "PLAINTEXT://HOST:PORT",
                                "PLAINTEXT://[^/:]*:\\d{1,5}"),
                        matching(
                                "advertised.listeners",
                                "PLAINTEXT://HOST:PORT",
                                "PLAINTEXT://[^/:]+:\\d{1,5}"),
                        matching("millrace.http.listener", "HOST:PORT", "[^/:]*:\\d{1,5}"),
                        text("log.dirs"),
                        text("log.dir"),
                        text("metadata.log.dir"),
                        text("millrace.state.dir"),
                        // topics
                        count("num.partitions", 1),
                        number("default.replication.factor", 1, Short.MAX_VALUE),
                        count("min.insync.replicas", 1),
                        flag("auto.create.topics.enable"),
                        flag("delete.topic.enable"),
                        // logs
                        count("log.segment.bytes", 14),
                        number("log.roll.ms", 1, UNLIMITED),
                        count("log.roll.hours", 1),
                        number("log.roll.jitter.ms", 0, UNLIMITED),
                        count("log.roll.jitter.hours", 0),
                        number("log.retention.ms", -1, UNLIMITED),
                        number("log.retention.minutes", -1, Integer.MAX_VALUE),
                        number("log.retention.hours", -1, Integer.MAX_VALUE),
                        number("log.retention.bytes", -1, UNLIMITED),
                        number("log.retention.check.interval.ms", 1, UNLIMITED),
                        matching(
                                "log.cleanup.policy",
                                "delete, compact or both",
                                "(delete|compact)(, *(delete|compact))?"),
                        count("log.index.interval.bytes", 0),
                        count("log.index.size.max.bytes", 4),
                        number("log.flush.interval.messages", 1, UNLIMITED),
                        number("log.flush.interval.ms", 0, UNLIMITED),
                        number("log.flush.scheduler.interval.ms", 0, UNLIMITED),
                        number("log.flush.offset.checkpoint.interval.ms", 0, UNLIMITED)
                                .withoutEffect("checkpoints are written with the high watermarks"),
                        flag("log.preallocate"),
                        oneOf("millrace.ack.durability", "memory", "disk"),
                        text("cordoned.log.dirs"),
                        number("replica.alter.log.dirs.io.max.bytes.per.second", 1, UNLIMITED),
                        number("log.dir.failure.timeout.ms", 1, UNLIMITED)
                                .withoutEffect("a node that cannot go on stops at once"),
                        number("log.flush.start.offset.checkpoint.interval.ms", 0, UNLIMITED)
                                .withoutEffect("checkpoints are written with the high watermarks"),
                        oneOf("log.message.timestamp.type", "CreateTime", "LogAppendTime"),
                        number("log.message.timestamp.before.max.ms", 0, UNLIMITED),
                        number("log.message.timestamp.after.max.ms", 0, UNLIMITED),
                        count("message.max.bytes", 0),
                        oneOf(
                                "compression.type",
                                "producer",
                                "uncompressed",
                                "gzip",
                                "snappy",
                                "lz4",
                                "zstd"),
                        number("compression.gzip.level", -1, 9),
                        number("compression.lz4.level", 1, 17),
                        number("compression.zstd.level", -131_072, 22),
                        number("log.segment.delete.delay.ms", 0, UNLIMITED),
                        flag("log.cleaner.enable"),
                        count("log.cleaner.threads", 0),
                        number("log.cleaner.backoff.ms", 0, UNLIMITED),
                        atLeastOne("log.cleaner.io.max.bytes.per.second"),
                        count("log.cleaner.io.buffer.size", 0),
                        ratio("log.cleaner.io.buffer.load.factor"),
                        number("log.cleaner.dedupe.buffer.size", 1 << 20, UNLIMITED),
                        ratio("log.cleaner.min.cleanable.ratio"),
                        number("log.cleaner.delete.retention.ms", 0, UNLIMITED),
                        number("log.cleaner.min.compaction.lag.ms", 0, UNLIMITED),
                        number("log.cleaner.max.compaction.lag.ms", 1, UNLIMITED),
                        // network
                        count("socket.request.max.bytes", 1),
                        number("connections.max.idle.ms", 1, UNLIMITED),
                        count("max.connections", 1),
                        number("replica.high.watermark.checkpoint.interval.ms", 1, UNLIMITED),
                        count("num.network.threads", 1),
                        count("num.io.threads", 1).withoutEffect(THREADS),
                        count("background.threads", 1).withoutEffect(THREADS),
                        count("num.recovery.threads.per.data.dir", 1).withoutEffect(THREADS),
                        number("socket.send.buffer.bytes", -1, Integer.MAX_VALUE),
                        number("socket.receive.buffer.bytes", -1, Integer.MAX_VALUE),
                        flag("millrace.socket.sendfile"),
                        count("fetch.max.bytes", 1024),
                        count("max.incremental.fetch.session.cache.slots", 0),
                        // groups and offsets
                        count("group.initial.rebalance.delay.ms", 0),
                        count("group.min.session.timeout.ms", 1),
                        count("group.max.session.timeout.ms", 1),
                        count("group.max.size", 1),
                        count("millrace.groups.max", 1),
                        count("offsets.topic.num.partitions", 1),
                        number("offsets.topic.replication.factor", 1, Short.MAX_VALUE),
                        count("offsets.topic.segment.bytes", 1),
                        number("offsets.retention.minutes", 1, Integer.MAX_VALUE),
                        number("offsets.retention.check.interval.ms", 1, UNLIMITED),
                        count("offset.metadata.max.bytes", 0),
                        count("producer.id.expiration.ms", 1),
                        // what a Kafka user's file contains and has nothing to act on here
                        text("process.roles").withoutEffect(KRAFT),
                        text("controller.quorum.voters").withoutEffect(KRAFT),
                        text("controller.quorum.bootstrap.servers").withoutEffect(KRAFT),
                        text("controller.listener.names").withoutEffect(KRAFT),
                        text("inter.broker.listener.name").withoutEffect(KRAFT),
                        text("listener.security.protocol.map")
                                .withoutEffect("the only listener is PLAINTEXT so far"),
                        text("zookeeper.connect").withoutEffect(KRAFT),
                        count("transaction.state.log.replication.factor", 1)
                                .withoutEffect("there are no transactions yet"),
                        count("transaction.state.log.min.isr", 1)
                                .withoutEffect("there are no transactions yet"),
                        count("share.coordinator.state.topic.replication.factor", 1)
                                .withoutEffect("there are no share groups"),
                        count("share.coordinator.state.topic.min.isr", 1)
                                .withoutEffect("there are no share groups"))
                .forEach(setting -> ALL.put(setting.name(), setting));
    }

    private Settings() {}

    static Collection<Setting> all() {
        return ALL.values();
    }

    /**
     * @throws ConfigException if there is no such setting, or it does not accept the value
     */
    static Setting check(String name, String value, String origin) {
        Setting setting = ALL.get(name);
        if (setting == null) {
            throw new ConfigException(
                    origin
                            + ": unknown setting '"
                            + name
                            + "'"
                            + nearest(name).map(n -> "; did you mean '" + n + "'?").orElse(""));
        }
        if (!setting.accepts().test(value)) {
            throw new ConfigException(
                    origin
                            + ": "
                            + name
                            + " should be "
                            + setting.expects()
                            + ", not '"
                            + value
                            + "'");
        }
        return setting;
    }

    private static Optional<String> nearest(String name) {
        return ALL.keySet().stream()
                .filter(known -> distance(known, name) <= Math.max(2, name.length() / 4))
                .min(Comparator.comparingInt(known -> distance(known, name)));
    }

    /** Levenshtein. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], previous[j]) + 1, previous[j - 1] + change);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
