package dev.millrace.broker;

import dev.millrace.log.LogDirectory;
import dev.millrace.log.PartitionLog;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
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
 * out.
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
                    for (LogDirectory directory : directories.all()) {
                        response.results().add(describe(directory, wanted));
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

    private static DescribeLogDirsResult describe(
            LogDirectory directory, Predicate<TopicPartition> wanted) {
        Map<String, DescribeLogDirsTopic> topics = new TreeMap<>();
        for (PartitionLog log : directory.logs()) {
            TopicPartition tp = log.topicPartition();
            if (wanted.test(tp)) {
                topics.computeIfAbsent(tp.topic(), name -> new DescribeLogDirsTopic().setName(name))
                        .partitions()
                        .add(
                                new DescribeLogDirsPartition()
                                        .setPartitionIndex(tp.partition())
                                        .setPartitionSize(log.sizeBytes())
                                        // How far the log end is behind the high watermark.
                                        .setOffsetLag(
                                                Math.max(
                                                        log.highWatermark() - log.logEndOffset(),
                                                        0)));
            }
        }
        DescribeLogDirsResult result =
                new DescribeLogDirsResult().setLogDir(directory.path().toAbsolutePath().toString());
        result.topics().addAll(topics.values());
        try {
            FileStore volume = Files.getFileStore(directory.path());
            return result.setTotalBytes(volume.getTotalSpace())
                    .setUsableBytes(volume.getUsableSpace());
        } catch (IOException e) {
            LOG.error("{} does not answer", directory.path(), e);
            return result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
    }
}
