package dev.millrace.console;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Consumer groups and how far they are behind. Blocks: worker threads only. */
final class GroupsReader {
    /** Groups of one answer; with more, the first by name are shown and the answer says so. */
    private static final int MAX_GROUPS = 500;

    private static final Logger LOG = LoggerFactory.getLogger(GroupsReader.class);

    private final Supplier<Admin> admins;

    GroupsReader(Supplier<Admin> admins) {
        this.admins = admins;
    }

    JsonObject groups() {
        Admin admin = admins.get();
        List<String> all =
                ClusterReader.await(admin.listGroups(ListGroupsOptions.forConsumerGroups()).all())
                        .stream()
                        .map(GroupListing::groupId)
                        .sorted()
                        .toList();
        List<String> shown = all.subList(0, Math.min(all.size(), MAX_GROUPS));
        Map<String, ConsumerGroupDescription> descriptions = new HashMap<>();
        admin.describeConsumerGroups(shown)
                .describedGroups()
                .forEach(
                        (group, description) -> {
                            try {
                                descriptions.put(group, ClusterReader.await(description));
                            } catch (RuntimeException failure) {
                                if (!(failure.getCause() instanceof GroupIdNotFoundException)) {
                                    LOG.warn("group {} cannot be described", group, failure);
                                }
                            }
                        });
        Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = committed(admin, shown);
        Map<TopicPartition, Long> ends = ends(admin, committed);

        JsonArray groups = new JsonArray();
        for (String group : shown) {
            ConsumerGroupDescription description = descriptions.get(group);
            if (description == null) {
                continue;
            }
            groups.add(
                    group(description, committed.getOrDefault(group, Map.of()), ends)
                            .put("group", group));
        }
        return new JsonObject().put("groups", groups).put("total", all.size());
    }

    private static JsonObject group(
            ConsumerGroupDescription description,
            Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, Long> ends) {
        JsonArray partitions = new JsonArray();
        long lag = 0;
        List<TopicPartition> sorted = new ArrayList<>(committed.keySet());
        sorted.sort(
                Comparator.comparing(TopicPartition::topic)
                        .thenComparingInt(TopicPartition::partition));
        for (TopicPartition tp : sorted) {
            long offset = Objects.requireNonNull(committed.get(tp)).offset();
            Long end = ends.get(tp);
            Long behind = end == null ? null : Math.max(0, end - offset);
            lag += behind == null ? 0 : behind;
            partitions.add(
                    new JsonObject()
                            .put("topic", tp.topic())
                            .put("partition", tp.partition())
                            .put("committedOffset", offset)
                            .put("endOffset", end)
                            .put("lag", behind));
        }
        JsonArray members = new JsonArray();
        description
                .members()
                .forEach(
                        member ->
                                members.add(
                                        new JsonObject()
                                                .put("memberId", member.consumerId())
                                                .put("clientId", member.clientId())
                                                .put("host", member.host())
                                                .put(
                                                        "partitions",
                                                        member.assignment()
                                                                .topicPartitions()
                                                                .size())));
        return new JsonObject()
                .put("state", description.groupState().toString())
                .put("type", description.type().toString())
                .put("members", members)
                .put("lag", lag)
                .put("partitions", partitions);
    }

    private Map<String, Map<TopicPartition, OffsetAndMetadata>> committed(
            Admin admin, List<String> groups) {
        Map<String, ListConsumerGroupOffsetsSpec> specs = new HashMap<>();
        groups.forEach(group -> specs.put(group, new ListConsumerGroupOffsetsSpec()));
        Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = new HashMap<>();
        if (specs.isEmpty()) {
            return committed;
        }
        var result = admin.listConsumerGroupOffsets(specs);
        for (String group : groups) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            ClusterReader.await(result.partitionsToOffsetAndMetadata(group))
                    .forEach(
                            (tp, offset) -> {
                                if (offset != null) {
                                    offsets.put(tp, offset);
                                }
                            });
            committed.put(group, offsets);
        }
        return committed;
    }

    private Map<TopicPartition, Long> ends(
            Admin admin, Map<String, Map<TopicPartition, OffsetAndMetadata>> committed) {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        committed
                .values()
                .forEach(
                        offsets ->
                                offsets.keySet()
                                        .forEach(tp -> wanted.put(tp, OffsetSpec.latest())));
        Map<TopicPartition, Long> ends = new HashMap<>();
        if (wanted.isEmpty()) {
            return ends;
        }
        ListOffsetsResult result = admin.listOffsets(wanted);
        for (TopicPartition tp : wanted.keySet()) {
            try {
                ends.put(tp, ClusterReader.await(result.partitionResult(tp)).offset());
            } catch (RuntimeException failure) {
                // Offsets outlive a deleted topic; its lag is unknown, not zero.
                if (!(failure.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw failure;
                }
            }
        }
        return ends;
    }
}
