package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.processor.TaskId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What members and leader of the group tell each other beside Kafka's own fields.
 *
 * <pre>
 * subscription:  version, 1 byte | end, 1 byte | process id, 16 bytes | running tasks | stored tasks | endpoint | tags | known
 * assignment:    version, 1 byte | end, 1 byte | standby tasks | warm-up tasks | hosts
 *
 * end:           1: all instances of the application are to end, 0: they are not
 * known:         latest version that the member reads, 1 byte
 *
 * tasks:         count, 4 bytes | (sub-topology, 4 bytes | partition, 4 bytes)...
 * stored tasks:  count, 4 bytes | (sub-topology, 4 bytes | partition, 4 bytes | offset sum, 8 bytes)...
 * endpoint:      length, 4 bytes | HOST:PORT in UTF-8
 * tags:          count, 4 bytes | (name | value)...   each as an endpoint
 * hosts:         count, 4 bytes | (endpoint | active tasks | standby tasks)...
 * </pre>
 *
 * Each ends with 4 bytes of CRC-32C over all before it. What does not read so is taken for nothing:
 * the member then has no tasks, or follows none.
 *
 * <p>Versions of the library are in one group while an application is upgraded instance by
 * instance. A later version only adds behind what is drawn here, so that everybody reads the
 * beginning of it; what is missing at the end of an earlier one is empty:
 *
 * <pre>
 * 2   ends with the endpoint; its readers take no other number
 * 3   tags; its readers take no lower number. What is known came later: without it, it is the version
 * </pre>
 *
 * So the number is agreed upon. A member begins with the latest. The leader answers each member in
 * the latest version that both know; one that does not know the member's answers in its own, and
 * has placed the member as if it had said nothing. A member that gets another version than it used
 * says everything again in that one, at once.
 *
 * @see "KIP-268: version probing"
 */
public final class AssignorData {
    static final int OLDEST = 2;
    static final int LATEST = 3;
    private static final int WITH_TAGS = 3;
    private static final int CRC_BYTES = 4;

    /** Tasks of an instance that has an endpoint. */
    public record Host(String endpoint, Set<TaskId> active, Set<TaskId> standby) {}

    /**
     * What a member says.
     *
     * @param known latest version in which it can be answered
     */
    record Said(TaskPlacement.Member member, int known) {
        static final Said NOTHING =
                new Said(
                        new TaskPlacement.Member(new UUID(0, 0), Set.of(), Map.of(), "", false),
                        LATEST);
    }

    /** What a member is told. */
    record Assigned(Set<TaskId> standby, Set<TaskId> warmup, List<Host> hosts, boolean shutdown) {
        static final Assigned NOTHING = new Assigned(Set.of(), Set.of(), List.of(), false);
    }

    private AssignorData() {}

    /**
     * @param version from {@link #OLDEST} to {@link #LATEST}: the number alone, nothing is left out
     */
    static ByteBuffer encode(TaskPlacement.Member member, int version) {
        byte[] endpoint = bytes(member.endpoint());
        int tagsSize = 4;
        for (Map.Entry<String, String> tag : member.tags().entrySet()) {
            tagsSize += 8 + bytes(tag.getKey()).length + bytes(tag.getValue()).length;
        }
        ByteBuffer out =
                ByteBuffer.allocate(
                        2
                                + 16
                                + tasksSize(member.running())
                                + 4
                                + 16 * member.stored().size()
                                + 4
                                + endpoint.length
                                + tagsSize
                                + 1
                                + CRC_BYTES);
        out.put((byte) version).put((byte) (member.shutdown() ? 1 : 0));
        out.putLong(member.processId().getMostSignificantBits());
        out.putLong(member.processId().getLeastSignificantBits());
        putTasks(out, member.running());
        out.putInt(member.stored().size());
        member.stored()
                .forEach(
                        (task, sum) ->
                                out.putInt(task.subtopology())
                                        .putInt(task.partition())
                                        .putLong(sum));
        out.putInt(endpoint.length).put(endpoint);
        out.putInt(member.tags().size());
        member.tags()
                .forEach(
                        (name, value) -> {
                            out.putInt(bytes(name).length).put(bytes(name));
                            out.putInt(bytes(value).length).put(bytes(value));
                        });
        out.put((byte) LATEST);
        return sealed(out);
    }

    static Said decodeMember(@Nullable ByteBuffer userData) {
        ByteBuffer in = open(userData);
        if (in == null) {
            return Said.NOTHING;
        }
        int version = in.get();
        boolean shutdown = in.get() == 1;
        UUID processId = new UUID(in.getLong(), in.getLong());
        Set<TaskId> running = readTasks(in);
        Map<TaskId, Long> stored = new TreeMap<>();
        for (int count = in.getInt(); count > 0; count--) {
            stored.put(new TaskId(in.getInt(), in.getInt()), in.getLong());
        }
        String endpoint = readString(in);
        Map<String, String> tags = new TreeMap<>();
        if (version >= WITH_TAGS || in.hasRemaining()) {
            for (int count = in.getInt(); count > 0; count--) {
                tags.put(readString(in), readString(in));
            }
        }
        int known = in.hasRemaining() ? in.get() : version;
        return new Said(
                new TaskPlacement.Member(processId, running, stored, endpoint, shutdown, tags),
                known);
    }

    /**
     * @param known latest version that the member reads
     */
    static ByteBuffer encode(Assigned assigned, int known) {
        int size = 2 + tasksSize(assigned.standby) + tasksSize(assigned.warmup) + 4 + CRC_BYTES;
        for (Host host : assigned.hosts) {
            size += 4 + bytes(host.endpoint).length;
            size += tasksSize(host.active) + tasksSize(host.standby);
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        out.put((byte) Math.min(known, LATEST)).put((byte) (assigned.shutdown ? 1 : 0));
        putTasks(out, assigned.standby);
        putTasks(out, assigned.warmup);
        out.putInt(assigned.hosts.size());
        for (Host host : assigned.hosts) {
            byte[] endpoint = bytes(host.endpoint);
            out.putInt(endpoint.length).put(endpoint);
            putTasks(out, host.active);
            putTasks(out, host.standby);
        }
        return sealed(out);
    }

    static Assigned decodeAssigned(@Nullable ByteBuffer userData) {
        ByteBuffer in = open(userData);
        if (in == null) {
            return Assigned.NOTHING;
        }
        in.get(); // the version: all that is known of it is in each
        boolean shutdown = in.get() == 1;
        Set<TaskId> standby = readTasks(in);
        Set<TaskId> warmup = readTasks(in);
        List<Host> hosts = new ArrayList<>();
        for (int count = in.getInt(); count > 0; count--) {
            hosts.add(new Host(readString(in), readTasks(in), readTasks(in)));
        }
        return new Assigned(standby, warmup, hosts, shutdown);
    }

    /** In which version to say things to whoever wrote this; empty when it does not tell. */
    static OptionalInt answerTo(@Nullable ByteBuffer userData) {
        ByteBuffer in = open(userData);
        return in == null ? OptionalInt.empty() : OptionalInt.of(Math.min(in.get(), LATEST));
    }

    private static ByteBuffer sealed(ByteBuffer out) {
        CRC32C crc = new CRC32C();
        crc.update(out.duplicate().flip());
        return out.putInt((int) crc.getValue()).flip();
    }

    /** From the version on, without the checksum; null when it is not of ours. */
    private static @Nullable ByteBuffer open(@Nullable ByteBuffer userData) {
        if (userData == null || userData.remaining() < 2 + CRC_BYTES) {
            return null;
        }
        ByteBuffer in = userData.slice();
        int length = in.limit() - CRC_BYTES;
        CRC32C crc = new CRC32C();
        crc.update(in.duplicate().limit(length));
        if (in.get(0) < OLDEST || in.getInt(length) != (int) crc.getValue()) {
            return null;
        }
        return in.limit(length);
    }

    private static int tasksSize(Collection<TaskId> tasks) {
        return 4 + 8 * tasks.size();
    }

    private static void putTasks(ByteBuffer out, Collection<TaskId> tasks) {
        out.putInt(tasks.size());
        tasks.forEach(task -> out.putInt(task.subtopology()).putInt(task.partition()));
    }

    private static Set<TaskId> readTasks(ByteBuffer in) {
        Set<TaskId> tasks = new TreeSet<>();
        for (int count = in.getInt(); count > 0; count--) {
            tasks.add(new TaskId(in.getInt(), in.getInt()));
        }
        return tasks;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String readString(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
