package dev.millrace.broker;

import dev.millrace.log.LogDirectory;
import dev.millrace.log.PartitionLog;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DescribeLogDirs: sizes of the logs in each log directory, from memory, and how much room its
 * volume has, from the file system and so by a worker. A partition that has no log here is left
 * out; of a directory that is offline nothing is told but that.
 */
final class DescribeLogDirsHandler
        implements ApiHandler<DescribeLogDirsRequestData, DescribeLogDirsResponseData> {
    private static final Logger LOG = LoggerFactory.getLogger(DescribeLogDirsHandler.class);

    private final LogDirectories directories;
    private final Workers workers;

    DescribeLogDirsHandler(LogDirectories directories, Workers workers) {
        this.directories = directories;
        this.workers = workers;
    }

    @Override
    public Future<DescribeLogDirsResponseData> handle(
            RequestContext context, DescribeLogDirsRequestData request) {
        Predicate<TopicPartition> wanted = wanted(request);
        return workers.submit(
                () -> {
                    DescribeLogDirsResponseData response = new DescribeLogDirsResponseData();
                    for (Path path : directories.paths()) {
                        response.results().add(describe(path, wanted));
                    }
                    return response;
                });
    }

    /** All, if the request names no topics. */
    private static Predicate<TopicPartition> wanted(DescribeLogDirsRequestData request) {
        if (request.topics() == null) {
            return tp -> true;
        }
        return tp -> {
            @Nullable DescribableLogDirTopic topic = request.topics().find(tp.topic());
            return topic != null && topic.partitions().contains(tp.partition());
        };
    }

    private DescribeLogDirsResult describe(Path path, Predicate<TopicPartition> wanted) {
        DescribeLogDirsResult result = new DescribeLogDirsResult().setLogDir(path.toString());
        LogDirectory directory = directories.at(path.toString());
        if (directory == null) {
            return result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
        try {
            FileStore volume = Files.getFileStore(path);
            result.setTotalBytes(bytes(volume.getTotalSpace()))
                    .setUsableBytes(bytes(volume.getUsableSpace()));
        } catch (IOException e) {
            LOG.error("{} does not answer", path, e);
            return result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
        Map<String, DescribeLogDirsTopic> topics = new TreeMap<>();
        for (PartitionLog log : directory.logs()) {
            // How far the log end is behind the high watermark.
            long lag = Math.max(log.highWatermark() - log.logEndOffset(), 0);
            add(topics, log, false, lag, wanted);
        }
        for (PartitionLog future : directory.futures()) {
            PartitionLog current = directories.find(future.topicPartition());
            long end = current == null ? future.logEndOffset() : current.logEndOffset();
            add(topics, future, true, Math.max(end - future.logEndOffset(), 0), wanted);
        }
        result.topics().addAll(topics.values());
        return result.setIsCordoned(directories.isCordoned(path));
    }

    private static void add(
            Map<String, DescribeLogDirsTopic> topics,
            PartitionLog log,
            boolean future,
            long lag,
            Predicate<TopicPartition> wanted) {
        TopicPartition tp = log.topicPartition();
        if (wanted.test(tp)) {
            topics.computeIfAbsent(tp.topic(), name -> new DescribeLogDirsTopic().setName(name))
                    .partitions()
                    .add(
                            new DescribeLogDirsPartition()
                                    .setPartitionIndex(tp.partition())
                                    .setPartitionSize(log.sizeBytes())
                                    .setOffsetLag(lag)
                                    .setIsFutureKey(future));
        }
    }

    /** A volume too large for a long says so with a negative number. */
    private static long bytes(long space) {
        return space < 0 ? Long.MAX_VALUE : space;
    }
}
