package dev.millrace.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * One entry of {@code log.dirs}: its lock, its identity and the logs in it.
 *
 * <p>Any thread may call; every method but {@link #log}, {@link #logs} and the plain getters may
 * block on the disk.
 */
public interface LogDirectory extends AutoCloseable {
    /**
     * Locks the directory (creating it if missing), recovers and opens every log in it.
     *
     * @param configOfTopic the settings of a topic by name; called once for each log found
     * @throws LogDirectoryException locked, unwritable, or of another node or cluster
     */
    @SuppressWarnings("DoNotCallSuggester")
    static LogDirectory open(
            Path path, LogDirectoryConfig config, Function<String, LogConfig> configOfTopic)
            throws IOException {
        throw new UnsupportedOperationException();
    }

    Path path();

    /** {@code directory.id} of {@code meta.properties}. */
    Uuid directoryId();

    /** False if the last process that used it did not close it: its logs were then recovered. */
    boolean cleanShutdown();

    /** A snapshot; logs of deleted topics the caller does not know may be among them. */
    Collection<PartitionLog> logs();

    Optional<PartitionLog> log(TopicPartition topicPartition);

    /**
     * Creates an empty log; durable when this returns.
     *
     * @throws IllegalStateException if there is one already
     */
    PartitionLog create(TopicPartition topicPartition, Uuid topicId, LogConfig config)
            throws IOException;

    /** Renames the log's folder away at once and removes it; no effect if there is none. */
    void delete(TopicPartition topicPartition) throws IOException;

    /** Writes recovery points, log start offsets and high watermarks of all logs. */
    void checkpoint() throws IOException;

    /** Removes files that retention or truncation gave up longer ago than the delete delay. */
    void removeDeletedFiles() throws IOException;

    /** Closes all logs, writes the checkpoints and, last, the clean-shutdown marker. */
    @Override
    void close() throws IOException;
}
