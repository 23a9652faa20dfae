package dev.millrace.broker.admin;

import static dev.millrace.broker.admin.ConfigType.BOOLEAN;
import static dev.millrace.broker.admin.ConfigType.DOUBLE;
import static dev.millrace.broker.admin.ConfigType.INT;
import static dev.millrace.broker.admin.ConfigType.LIST;
import static dev.millrace.broker.admin.ConfigType.LONG;
import static dev.millrace.broker.admin.ConfigType.STRING;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of {@link TopicConfigs}: Kafka's names, types, defaults and broker synonyms. */
final class TopicConfigTable {
    private static final long MINUTE_MS = 60_000;
    private static final long HOUR_MS = 60 * MINUTE_MS;
    static final String ACK_DURABILITY = "millrace.ack.durability";
    static final String THROTTLED_LEADERS = "leader.replication.throttled.replicas";
    static final String THROTTLED_FOLLOWERS = "follower.replication.throttled.replicas";

    private static final String MAX_LONG = String.valueOf(Long.MAX_VALUE);

    private static final String NO_TIERS = "there is no remote storage";

    private final List<TopicConfig> rows = new ArrayList<>();

    private TopicConfigTable() {}

    static List<TopicConfig> rows() {
        TopicConfigTable table = new TopicConfigTable();
        table.segments();
        table.retention();
        table.compaction();
        table.messages();
        table.replication();
        table.remoteStorage();
        return List.copyOf(table.rows);
    }

    private void segments() {
        row("segment.bytes", INT, 1 << 30, ConfigRule.atLeast(1 << 20))
                .synonym("log.segment.bytes")
                .doc(
                        "Size at which a log begins a new segment file. Retention works on whole"
                                + " segments.");
        row("segment.ms", LONG, 168 * HOUR_MS, ConfigRule.atLeast(1))
                .synonym("log.roll.ms")
                .synonym("log.roll.hours", HOUR_MS)
                .doc(
                        "Age at which a log begins a new segment file even if the old one is not"
                                + " full.");
        row("segment.jitter.ms", LONG, 0, ConfigRule.atLeast(0))
                .synonym("log.roll.jitter.ms")
                .synonym("log.roll.jitter.hours", HOUR_MS)
                .doc(
                        "Greatest random amount taken off segment.ms, so that logs do not roll at once.");
        row("segment.index.bytes", INT, 10 << 20, ConfigRule.atLeast(4))
                .synonym("log.index.size.max.bytes")
                .doc("Largest size of the index from offsets to file positions of one segment.");
        row("index.interval.bytes", INT, 4096, ConfigRule.atLeast(0))
                .synonym("log.index.interval.bytes")
                .doc("One index entry is written for about this many bytes of records.");
        row("flush.messages", LONG, MAX_LONG, ConfigRule.atLeast(1))
                .synonym("log.flush.interval.messages")
                .doc(
                        "Unflushed records after which a log is flushed to disk, and before which"
                                + " the last of them is not acknowledged.");
        row("flush.ms", LONG, MAX_LONG, ConfigRule.atLeast(0))
                .synonym("log.flush.interval.ms")
                .synonym("log.flush.scheduler.interval.ms")
                .doc(
                        "Time after which a record is flushed to disk, in the background; looked at"
                                + " every log.flush.scheduler.interval.ms.");
        row(ACK_DURABILITY, STRING, "memory", ConfigRule.oneOf("memory", "disk"))
                .synonym(ACK_DURABILITY)
                .doc(
                        "What a record must have survived before it is acknowledged and consumers"
                                + " see it. memory: the page cache has it, it outlives the process,"
                                + " as in Apache Kafka. disk: it is flushed, it outlives the loss of"
                                + " power; appends that arrive together share a flush.");
        row("file.delete.delay.ms", LONG, 60_000, ConfigRule.atLeast(0))
                .synonym("log.segment.delete.delay.ms")
                .doc("Time between the removal of a segment and that of its files.");
        row("preallocate", BOOLEAN, "false", ConfigRule.any())
                .synonym("log.preallocate")
                .doc("Gives a new segment file its full size when it is created.");
    }

    private void retention() {
        row("retention.bytes", LONG, -1, ConfigRule.any())
                .synonym("log.retention.bytes")
                .doc(
                        "Size above which the oldest segments of a partition are deleted; -1 is"
                                + " unlimited. Needs cleanup.policy delete.");
        row("retention.ms", LONG, 168 * HOUR_MS, ConfigRule.atLeast(-1))
                .synonym("log.retention.ms")
                .synonym("log.retention.minutes", MINUTE_MS)
                .synonym("log.retention.hours", HOUR_MS)
                .doc(
                        "Age after which segments are deleted; -1 is unlimited. Needs cleanup.policy"
                                + " delete.");
        row("cleanup.policy", LIST, "delete", ConfigRule.listOf("delete", "compact"))
                .synonym("log.cleanup.policy")
                .doc(
                        "What becomes of old records: delete removes segments by age and size,"
                                + " compact keeps the last record of each key, both do both; empty"
                                + " keeps everything.");
    }

    private void compaction() {
        row("delete.retention.ms", LONG, 24 * HOUR_MS, ConfigRule.atLeast(0))
                .synonym("log.cleaner.delete.retention.ms")
                .doc("How long a compacted topic keeps tombstones, so that readers can see them.");
        row("min.compaction.lag.ms", LONG, 0, ConfigRule.atLeast(0))
                .synonym("log.cleaner.min.compaction.lag.ms")
                .doc("Time for which a record stays, even if a later one has its key.");
        row("max.compaction.lag.ms", LONG, MAX_LONG, ConfigRule.atLeast(1))
                .synonym("log.cleaner.max.compaction.lag.ms")
                .doc("Time after which a record that has been replaced is compacted away.");
        row("min.cleanable.dirty.ratio", DOUBLE, "0.5", ConfigRule.between(0, 1))
                .synonym("log.cleaner.min.cleanable.ratio")
                .doc("Share of a log that must be new before it is compacted again.");
    }

    private void messages() {
        row("max.message.bytes", INT, 1_048_588, ConfigRule.atLeast(0))
                .synonym("message.max.bytes")
                .doc("Largest record batch that is accepted, compressed if it is.");
        row(
                        "compression.type",
                        STRING,
                        "producer",
                        ConfigRule.oneOf(
                                "uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"))
                .synonym("compression.type")
                .doc("How batches are stored; producer keeps them as they came.");
        row("compression.gzip.level", INT, -1, ConfigRule.level(1, 9, -1))
                .synonym("compression.gzip.level")
                .doc("Level for compression.type gzip; -1 is gzip's own default.");
        row("compression.lz4.level", INT, 9, ConfigRule.level(1, 17))
                .synonym("compression.lz4.level")
                .doc("Level for compression.type lz4.");
        row("compression.zstd.level", INT, 3, ConfigRule.level(-131_072, 22))
                .synonym("compression.zstd.level")
                .doc("Level for compression.type zstd.");
        row(
                        "message.timestamp.type",
                        STRING,
                        "CreateTime",
                        ConfigRule.oneOf("CreateTime", "LogAppendTime"))
                .synonym("log.message.timestamp.type")
                .doc("Whether a record's time is the producer's, or that of its append.");
        row("message.timestamp.before.max.ms", LONG, MAX_LONG, ConfigRule.atLeast(0))
                .synonym("log.message.timestamp.before.max.ms")
                .doc("How far a producer's timestamp may lie in the past before it is refused.");
        row("message.timestamp.after.max.ms", LONG, HOUR_MS, ConfigRule.atLeast(0))
                .synonym("log.message.timestamp.after.max.ms")
                .doc("How far a producer's timestamp may lie in the future before it is refused.");
    }

    private void replication() {
        row("min.insync.replicas", INT, 1, ConfigRule.atLeast(1))
                .synonym("min.insync.replicas")
                .doc("Replicas that must have a record before acks=all is answered.");
        row("unclean.leader.election.enable", BOOLEAN, "false", ConfigRule.any())
                .synonym("unclean.leader.election.enable")
                .doc("Whether a replica that lags may lead when no other is left; loses records.");
        row(THROTTLED_LEADERS, LIST, "", ConfigRule.throttledReplicas())
                .doc("Replicas whose reads by followers are slowed down: partition:broker, or *.");
        row(THROTTLED_FOLLOWERS, LIST, "", ConfigRule.throttledReplicas())
                .doc("Replicas whose catching up is slowed down: partition:broker, or *.");
    }

    private void remoteStorage() {
        row("remote.storage.enable", BOOLEAN, "false", ConfigRule.only("false", NO_TIERS))
                .without(NO_TIERS)
                .doc("Whether old segments are moved to remote storage.");
        row("local.retention.ms", LONG, -2, ConfigRule.atLeast(-2))
                .synonym("log.local.retention.ms")
                .without(NO_TIERS)
                .doc(
                        "Age after which segments in remote storage are deleted here; -2 is retention.ms.");
        row("local.retention.bytes", LONG, -2, ConfigRule.atLeast(-2))
                .synonym("log.local.retention.bytes")
                .without(NO_TIERS)
                .doc(
                        "Size above which segments in remote storage are deleted here; -2 is retention.bytes.");
        row("remote.log.copy.disable", BOOLEAN, "false", ConfigRule.any())
                .without(NO_TIERS)
                .doc("Stops moving segments to remote storage; what is there stays readable.");
        row("remote.log.delete.on.disable", BOOLEAN, "false", ConfigRule.any())
                .without(NO_TIERS)
                .doc("Deletes what is in remote storage when it is switched off.");
    }

    // ---- one row

    private Row row(String name, ConfigType type, long defaultValue, ConfigRule rule) {
        return new Row(name, type, String.valueOf(defaultValue), rule);
    }

    private Row row(String name, ConfigType type, String defaultValue, ConfigRule rule) {
        return new Row(name, type, defaultValue, rule);
    }

    private final class Row {
        private final String name;
        private final ConfigType type;
        private final String defaultValue;
        private final ConfigRule rule;
        private final List<TopicConfig.Synonym> synonyms = new ArrayList<>();
        private @Nullable String withoutEffect;

        private Row(String name, ConfigType type, String defaultValue, ConfigRule rule) {
            this.name = name;
            this.type = type;
            this.defaultValue = defaultValue;
            this.rule = rule;
        }

        private Row synonym(String brokerName) {
            return synonym(brokerName, 1);
        }

        private Row synonym(String brokerName, long factor) {
            synonyms.add(new TopicConfig.Synonym(brokerName, factor));
            return this;
        }

        private Row without(String reason) {
            withoutEffect = reason;
            return this;
        }

        /** Ends the row. */
        private void doc(String documentation) {
            rows.add(
                    new TopicConfig(
                            name,
                            type,
                            defaultValue,
                            rule,
                            synonyms,
                            withoutEffect,
                            documentation));
        }
    }
}
