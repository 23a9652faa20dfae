package dev.millrace.broker;

import dev.millrace.log.LogDirectory;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterReplicaLogDirs: begins to move logs to other directories of this broker; DescribeLogDirs
 * shows how far they are. Where a log does not exist yet, remembers where it is to be created.
 */
final class AlterReplicaLogDirsHandler
        implements ApiHandler<AlterReplicaLogDirsRequestData, AlterReplicaLogDirsResponseData> {
    private final LogDirectories directories;
    private final Partitions partitions;
    private final OfflineReplicas offline;
    private final ReplicaMoves moves;
    private final Workers workers;

    AlterReplicaLogDirsHandler(
            LogDirectories directories,
            Partitions partitions,
            OfflineReplicas offline,
            ReplicaMoves moves,
            Workers workers) {
        this.directories = directories;
        this.partitions = partitions;
        this.offline = offline;
        this.moves = moves;
        this.workers = workers;
    }

    @Override
    public Future<AlterReplicaLogDirsResponseData> handle(
            RequestContext context, AlterReplicaLogDirsRequestData request) {
        return workers.submit(
                () -> {
                    Map<String, AlterReplicaLogDirTopicResult> topics = new TreeMap<>();
                    for (AlterReplicaLogDir directory : request.dirs()) {
                        for (AlterReplicaLogDirTopic topic : directory.topics()) {
                            for (int partition : topic.partitions()) {
                                TopicPartition tp = new TopicPartition(topic.name(), partition);
                                topics.computeIfAbsent(
                                                topic.name(),
                                                name ->
                                                        new AlterReplicaLogDirTopicResult()
                                                                .setTopicName(name))
                                        .partitions()
                                        .add(
                                                new AlterReplicaLogDirPartitionResult()
                                                        .setPartitionIndex(partition)
                                                        .setErrorCode(
                                                                move(context, tp, directory.path())
                                                                        .code()));
                            }
                        }
                    }
                    AlterReplicaLogDirsResponseData response =
                            new AlterReplicaLogDirsResponseData();
                    response.results().addAll(topics.values());
                    return response;
                });
    }

    private Errors move(RequestContext context, TopicPartition tp, String path) {
        try {
            LogDirectory target = directories.at(path);
            if (target == null) {
                throw new KafkaStorageException("Log directory " + path + " is offline");
            }
            if (directories.isCordoned(target.path())) {
                throw new InvalidReplicaAssignmentException(
                        "Log directory " + path + " is cordoned");
            }
            if (offline.isOffline(tp.topic(), tp.partition())) {
                throw new KafkaStorageException("Partition " + tp + " is offline");
            }
            directories.prefer(tp, Path.of(path));
            moves.move(partitions.require(tp.topic(), tp.partition()), target);
            return Errors.NONE;
        } catch (NotLeaderOrFollowerException | UnknownTopicOrPartitionException e) {
            return Errors.REPLICA_NOT_AVAILABLE;
        } catch (IOException e) {
            return Errors.KAFKA_STORAGE_ERROR;
        } catch (RuntimeException e) {
            return Refusals.error(context, tp.topic(), tp.partition(), e);
        }
    }
}
