package dev.millrace.broker;

import dev.millrace.log.LogConfig;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.LogDirectoryConfig;
import dev.millrace.log.PartitionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * All of {@code log.dirs}. A new log goes to the directory with the fewest. Methods block; any
 * thread.
 */
final class LogDirectories {
    private final List<LogDirectory> directories;
    private long checkpointed = -1;

    private LogDirectories(List<LogDirectory> directories) {
        this.directories = List.copyOf(directories);
    }

    static LogDirectories open(
            List<Path> paths, LogDirectoryConfig config, Function<String, LogConfig> configOfTopic)
            throws IOException {
        List<LogDirectory> opened = new ArrayList<>();
        try {
            for (Path path : paths) {
                opened.add(LogDirectory.open(path, config, configOfTopic));
            }
        } catch (IOException | RuntimeException e) {
            for (LogDirectory directory : opened) {
                try {
                    directory.close();
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw e;
        }
        return new LogDirectories(opened);
    }

    List<LogDirectory> all() {
        return directories;
    }

    List<PartitionLog> logs() {
        return directories.stream().flatMap(directory -> directory.logs().stream()).toList();
    }

    @Nullable PartitionLog find(TopicPartition tp) {
        for (LogDirectory directory : directories) {
            PartitionLog log = directory.log(tp).orElse(null);
            if (log != null) {
                return log;
            }
        }
        return null;
    }

    PartitionLog create(TopicPartition tp, Uuid topicId, LogConfig config) throws IOException {
        LogDirectory emptiest =
                directories.stream()
                        .min(Comparator.comparingInt(directory -> directory.logs().size()))
                        .orElseThrow();
        return emptiest.create(tp, topicId, config);
    }

    void delete(TopicPartition tp) throws IOException {
        for (LogDirectory directory : directories) {
            if (directory.log(tp).isPresent()) {
                directory.delete(tp);
            }
        }
    }

    /** Writes the checkpoints if any log has moved since the last time. */
    synchronized void checkpoint() throws IOException {
        long moved = 0;
        for (PartitionLog log : logs()) {
            moved += log.highWatermark() + log.logStartOffset() + log.recoveryPoint() + 1;
        }
        if (moved == checkpointed) {
            return;
        }
        for (LogDirectory directory : directories) {
            directory.checkpoint();
        }
        checkpointed = moved;
    }

    void removeDeletedFiles() throws IOException {
        for (LogDirectory directory : directories) {
            directory.removeDeletedFiles();
        }
    }

    /** Closes all, even if one fails; the first failure is thrown. */
    void close() throws IOException {
        IOException failure = null;
        for (LogDirectory directory : directories) {
            try {
                directory.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
