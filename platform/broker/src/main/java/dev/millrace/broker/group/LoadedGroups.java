package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one shard with their offsets, as its partition of the offsets topic has them. A
 * group that only stores offsets has no cell. One event loop.
 */
final class LoadedGroups {
    /** A group and the moments at which its members' sessions end. */
    static final class Cell {
        Group group;
        final Map<String, Long> sessionEndsMs = new HashMap<>();

        /** The log has a record of the group, so deleting it takes a tombstone. */
        boolean stored;

        Cell(Group group) {
            this.group = group;
        }
    }

    /**
     * @param records tombstones of the offsets, and of the groups that have none left
     * @param unused those groups
     */
    record Expired(List<GroupRecord> records, List<String> unused) {}

    private final GroupCount count;
    private final Map<String, Cell> cells = new HashMap<>();

    /** Groups in which the server assigns; a group is in one of the two maps at most. */
    private final Map<String, ConsumerCell> consumers = new HashMap<>();

    private final CommittedOffsets offsets = new CommittedOffsets();
    private final PendingOffsets pending = new PendingOffsets();

    /** Of groups with a cell, with offsets, or with both. */
    private final Set<String> groupIds = new HashSet<>();

    private boolean counted;

    LoadedGroups(GroupCount count) {
        this.count = count;
    }

    // ---- what the log says

    void replay(GroupRecord record) {
        if (record instanceof GroupRecord.Generation generation) {
            Cell cell = new Cell(Group.replay(null, generation));
            cell.stored = true;
            put(cell);
        } else if (record instanceof ConsumerGroupRecord consumer) {
            replayConsumer(consumer);
        } else if (record instanceof GroupRecord.GroupDeleted) {
            remove(record.groupId());
        } else if (!replayOffset(record)) {
            throw new IllegalArgumentException("a new kind of record: " + record);
        }
    }

    private void replayConsumer(ConsumerGroupRecord record) {
        String groupId = record.groupId();
        ConsumerCell cell = consumers.get(groupId);
        if (cell == null) {
            if (record.isTombstone()) {
                return;
            }
            cells.remove(groupId);
            cell = new ConsumerCell(new ConsumerGroup(groupId));
            consumers.put(groupId, cell);
        }
        if (!cell.group.replay(record)) {
            consumers.remove(groupId);
        }
        count(groupId);
    }

    /** False if the record is not of an offset. */
    boolean replayOffset(GroupRecord record) {
        if (record instanceof GroupRecord.OffsetCommitted committed) {
            offsets.replay(committed);
            pending.committed(
                    committed.groupId(),
                    new TopicPartition(committed.topic(), committed.partition()));
        } else if (record instanceof GroupRecord.OffsetDeleted deleted) {
            offsets.replay(deleted);
            pending.deleted(
                    deleted.groupId(), new TopicPartition(deleted.topic(), deleted.partition()));
        } else {
            return false;
        }
        count(record.groupId());
        return true;
    }

    /** An offset that a transaction has committed; other records are none of a transaction's. */
    void replayPending(long producerId, GroupRecord record) {
        if (record instanceof GroupRecord.OffsetCommitted committed) {
            pending.add(producerId, committed);
            count(record.groupId());
        } else {
            replay(record);
        }
    }

    /** A marker: what the producer has committed holds, or never was. */
    void replayEnd(long producerId, boolean commit) {
        PendingOffsets.Ended ended = pending.end(producerId, commit);
        ended.committed().forEach(offsets::replay);
        ended.groupIds().forEach(this::count);
    }

    // ---- members

    @Nullable Cell cell(String groupId) {
        return cells.get(groupId);
    }

    Collection<Cell> cells() {
        return Collections.unmodifiableCollection(cells.values());
    }

    @Nullable ConsumerCell consumerCell(String groupId) {
        return consumers.get(groupId);
    }

    Collection<ConsumerCell> consumerCells() {
        return Collections.unmodifiableCollection(consumers.values());
    }

    void put(Cell cell) {
        consumers.remove(cell.group.groupId());
        cells.put(cell.group.groupId(), cell);
        count(cell.group.groupId());
    }

    /** Its offsets stay, if it has any. */
    void remove(String groupId) {
        cells.remove(groupId);
        count(groupId);
    }

    // ---- how many

    /** Whether the group is known, or there is room for one more. */
    boolean admits(String groupId) {
        return groupIds.contains(groupId) || count.hasRoomFor(groupId);
    }

    private void count(String groupId) {
        boolean known =
                cells.containsKey(groupId)
                        || consumers.containsKey(groupId)
                        || !offsets.of(groupId).isEmpty()
                        || pending.contains(groupId);
        boolean changed = known ? groupIds.add(groupId) : groupIds.remove(groupId);
        if (changed && counted) {
            count.add(known ? 1 : -1);
        }
    }

    /** The shard is loaded, and answers from now on. */
    void enterCount() {
        if (!counted) {
            counted = true;
            count.add(groupIds.size());
        }
    }

    /** The shard is given up: another, or its successor here, counts its groups. */
    void leaveCount() {
        if (counted) {
            counted = false;
            count.add(-groupIds.size());
        }
    }

    // ---- groups as a whole

    /**
     * Null if nothing is known of the group, or if it is one in which the server assigns; a group
     * that only has offsets is empty.
     */
    @Nullable Group group(String groupId) {
        Cell cell = cells.get(groupId);
        if (cell != null) {
            return cell.group;
        }
        if (consumers.containsKey(groupId)) {
            return null;
        }
        return groupIds.contains(groupId) ? Group.empty(groupId, -1) : null;
    }

    /** Those in which the server assigns aside. */
    Collection<Group> all() {
        List<Group> groups = new ArrayList<>();
        for (String groupId : groupIds) {
            Group group = group(groupId);
            if (group != null) {
                groups.add(group);
            }
        }
        return groups;
    }

    // ---- offsets

    Map<TopicPartition, GroupRecord.CommittedOffset> offsets(String groupId) {
        return offsets.of(groupId);
    }

    /** Whether an open transaction has committed an offset of the partition. */
    boolean isPending(String groupId, TopicPartition partition) {
        return pending.contains(groupId, partition);
    }

    /** Of pending offsets too: their transactions then come to nothing here. */
    List<GroupRecord> tombstones(String groupId, Predicate<TopicPartition> which) {
        List<GroupRecord> records = new ArrayList<>();
        Set<TopicPartition> partitions = new HashSet<>(offsets.of(groupId).keySet());
        partitions.addAll(pending.partitions(groupId));
        for (TopicPartition partition : partitions) {
            if (which.test(partition)) {
                records.add(
                        new GroupRecord.OffsetDeleted(
                                groupId, partition.topic(), partition.partition()));
            }
        }
        return records;
    }

    /** Of all groups' offsets of these topics. */
    List<GroupRecord> tombstones(Set<String> topics) {
        List<GroupRecord> records = new ArrayList<>();
        Set<String> withOffsets = new HashSet<>(offsets.groupIds());
        withOffsets.addAll(pending.groupIds());
        for (String groupId : withOffsets) {
            records.addAll(tombstones(groupId, partition -> topics.contains(partition.topic())));
        }
        return records;
    }

    Expired expired(long nowMs, long retentionMs) {
        List<GroupRecord> records = new ArrayList<>();
        List<String> unused = new ArrayList<>();
        for (String groupId : groupIds) {
            Retention retention = Retention.of(group(groupId), consumers.get(groupId));
            if (retention == null) {
                continue;
            }
            Map<TopicPartition, GroupRecord.CommittedOffset> offsetsOfGroup = offsets.of(groupId);
            List<GroupRecord> expired = new ArrayList<>();
            offsetsOfGroup.forEach(
                    (partition, offset) -> {
                        if (!pending.contains(groupId, partition)
                                && retention.isExpired(
                                        partition.topic(), offset, nowMs, retentionMs)) {
                            expired.add(
                                    new GroupRecord.OffsetDeleted(
                                            groupId, partition.topic(), partition.partition()));
                        }
                    });
            records.addAll(expired);
            boolean recorded = cells.containsKey(groupId) || consumers.containsKey(groupId);
            if (expired.size() == offsetsOfGroup.size()
                    && recorded
                    && !pending.contains(groupId)
                    && retention.groupMayGo()) {
                records.addAll(groupTombstones(groupId));
                unused.add(groupId);
            }
        }
        return new Expired(records, unused);
    }

    /** The records that end a group without members, its offsets aside. */
    List<GroupRecord> groupTombstones(String groupId) {
        ConsumerCell consumer = consumers.get(groupId);
        return consumer != null
                ? GroupConversion.tombstones(consumer.group, Map.of())
                : List.of(new GroupRecord.GroupDeleted(groupId));
    }
}
