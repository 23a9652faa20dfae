package dev.millrace.log;

import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidTopicException;

/** Kafka's names of the files in a log directory. */
final class LogFileNames {
    static final String LOG = ".log";
    static final String OFFSET_INDEX = ".index";
    static final String TIME_INDEX = ".timeindex";
    static final String TXN_INDEX = ".txnindex";
    static final String SNAPSHOT = ".snapshot";
    static final String DELETED = ".deleted";

    /** Added to the names of a segment's files while a cleaner writes them. */
    static final String CLEANED = ".cleaned";

    /** Added while they take the place of the segments they were made of. */
    static final String SWAP = ".swap";

    static final String LEADER_EPOCHS = "leader-epoch-checkpoint";
    static final String PARTITION_METADATA = "partition.metadata";

    static final String META_PROPERTIES = "meta.properties";
    static final String RECOVERY_POINTS = "recovery-point-offset-checkpoint";
    static final String LOG_STARTS = "log-start-offset-checkpoint";
    static final String HIGH_WATERMARKS = "replication-offset-checkpoint";
    static final String CLEANED_TO = "cleaner-offset-checkpoint";
    static final String CLEAN_SHUTDOWN = ".kafka_cleanshutdown";
    static final String LOCK = ".lock";

    /** In a future log's folder: it has all that the log has, and may take its place. */
    static final String FUTURE_COMPLETE = "future-complete";

    private static final String DELETE_FOLDER = "-delete";
    private static final String FUTURE_FOLDER = "-future";
    private static final int MAX_FILE_NAME = 255;
    private static final Pattern FOLDER = Pattern.compile("(.+)-(\\d{1,10})");
    private static final Pattern FUTURE = Pattern.compile("(.+-\\d{1,10})\\.[^.]+" + FUTURE_FOLDER);

    private LogFileNames() {}

    static Path segmentFile(Path folder, long baseOffset, String suffix) {
        return folder.resolve(offsetName(baseOffset) + suffix);
    }

    private static String offsetName(long offset) {
        String digits = Long.toString(offset);
        return "0".repeat(20 - digits.length()) + digits;
    }

    /** The offset in the name of a segment's file or a snapshot; empty for other names. */
    static Optional<Long> offsetOf(String name, String suffix) {
        if (!name.endsWith(suffix) || name.length() != 20 + suffix.length()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Long.parseLong(name.substring(0, 20)));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    static String folder(TopicPartition topicPartition) {
        return topicPartition.topic() + "-" + topicPartition.partition();
    }

    static Optional<TopicPartition> topicPartition(String folder) {
        Matcher matcher = FOLDER.matcher(folder);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long partition = Long.parseLong(matcher.group(2));
        return partition > Integer.MAX_VALUE
                ? Optional.empty()
                : Optional.of(new TopicPartition(matcher.group(1), (int) partition));
    }

    /** Where a log goes that is about to be removed: unique, and never taken for a log. */
    static String deletedFolder(TopicPartition topicPartition) {
        String end =
                "-"
                        + topicPartition.partition()
                        + "."
                        + Uuid.randomUuid().toString().replace("-", "_")
                        + DELETE_FOLDER;
        String topic = topicPartition.topic();
        return topic.substring(0, Math.min(topic.length(), MAX_FILE_NAME - end.length())) + end;
    }

    /**
     * Where the copy of a log grows that is to replace one in another directory, Kafka's name for
     * it.
     *
     * @throws InvalidTopicException if a file cannot have a name of that length
     */
    static String futureFolder(TopicPartition topicPartition) {
        String name =
                folder(topicPartition)
                        + "."
                        + UUID.randomUUID().toString().replace("-", "")
                        + FUTURE_FOLDER;
        if (name.length() > MAX_FILE_NAME) {
            throw new InvalidTopicException(
                    "the name of topic "
                            + topicPartition.topic()
                            + " is too long for its logs to be moved between directories");
        }
        return name;
    }

    /** Of a folder that {@link #futureFolder} named. */
    static Optional<TopicPartition> futureOf(String folder) {
        Matcher matcher = FUTURE.matcher(folder);
        return matcher.matches() ? topicPartition(matcher.group(1)) : Optional.empty();
    }

    static boolean isDeletedFolder(String folder) {
        return folder.endsWith(DELETE_FOLDER) && folder.contains(".");
    }
}
