package dev.millrace.streams.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.processor.TaskId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Versions of the library that are in one group at the same time. */
class AssignorDataTest {
    private final TaskPlacement.Member member =
            new TaskPlacement.Member(
                    new UUID(1, 2),
                    Set.of(new TaskId(0, 1), new TaskId(1, 0)),
                    Map.of(new TaskId(0, 1), 170L),
                    "localhost:7001",
                    true);
    private final AssignorData.Assigned assigned =
            new AssignorData.Assigned(
                    Set.of(new TaskId(0, 0)),
                    Set.of(new TaskId(1, 1)),
                    List.of(
                            new AssignorData.Host(
                                    "localhost:7001",
                                    Set.of(new TaskId(0, 1)),
                                    Set.of(new TaskId(0, 0)))),
                    false);

    /** As builds wrote it whose data ended with the endpoint, and who read nothing else. */
    private static final ByteBuffer SUBSCRIPTION_2 =
            bytes(
                    "020100000000000000010000000000000002000000020000000000000001000000010000000000000001"
                            + "000000000000000100000000000000aa0000000e6c6f63616c686f73743a37303031f8fcd735");

    private static final ByteBuffer ASSIGNMENT_2 =
            bytes(
                    "0200000000010000000000000000000000010000000100000001000000010000000e6c6f63616c686f73"
                            + "743a3730303100000001000000000000000100000001000000000000000035c02995");

    /** As builds wrote it that added tags: here of the zone a. */
    private static final ByteBuffer SUBSCRIPTION_3 =
            bytes(
                    "030100000000000000010000000000000002000000020000000000000001000000010000000000000001"
                            + "000000000000000100000000000000aa0000000e6c6f63616c686f73743a3730303100000001"
                            + "000000047a6f6e65000000016134475bd1");

    private static final ByteBuffer ASSIGNMENT_3 =
            bytes(
                    "0300000000010000000000000000000000010000000100000001000000010000000e6c6f63616c686f73"
                            + "743a373030310000000100000000000000010000000100000000000000000c139b03");

    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }

    private static ByteBuffer latest(TaskPlacement.Member member) {
        return AssignorData.encode(member, AssignorData.LATEST);
    }

    private static ByteBuffer latest(AssignorData.Assigned assigned) {
        return AssignorData.encode(assigned, AssignorData.LATEST);
    }

    /** As a library would write it that knows more. */
    private static ByteBuffer later(ByteBuffer data, int version) {
        int length = data.remaining() - Integer.BYTES;
        byte[] more = {(byte) version, 7, 7};
        ByteBuffer out = ByteBuffer.allocate(length + more.length + Integer.BYTES);
        out.put(data.duplicate().limit(length)).put(more).put(0, (byte) version);
        CRC32C crc = new CRC32C();
        crc.update(out.duplicate().flip());
        return out.putInt((int) crc.getValue()).flip();
    }

    @Test
    void what_is_written_is_read() {
        assertThat(AssignorData.decodeMember(latest(member)))
                .isEqualTo(new AssignorData.Said(member, AssignorData.LATEST));
        assertThat(AssignorData.decodeAssigned(latest(assigned))).isEqualTo(assigned);
    }

    @Test
    void what_builds_of_version_2_wrote_is_read_and_they_are_answered_in_it() {
        assertThat(AssignorData.decodeMember(SUBSCRIPTION_2))
                .isEqualTo(new AssignorData.Said(member, 2));
        assertThat(AssignorData.decodeAssigned(ASSIGNMENT_2)).isEqualTo(assigned);
        assertThat(AssignorData.answerTo(ASSIGNMENT_2)).hasValue(2);

        assertThat(AssignorData.encode(assigned, 2)).isEqualTo(ASSIGNMENT_2);
    }

    @Test
    void what_builds_of_version_3_wrote_is_read_and_they_are_answered_in_it() {
        AssignorData.Said said = AssignorData.decodeMember(SUBSCRIPTION_3);
        assertThat(said.known()).isEqualTo(3);
        assertThat(said.member().running()).isEqualTo(member.running());
        assertThat(said.member().stored()).isEqualTo(member.stored());
        assertThat(said.member().tags()).isEqualTo(Map.of("zone", "a"));
        assertThat(AssignorData.decodeAssigned(ASSIGNMENT_3)).isEqualTo(assigned);

        assertThat(AssignorData.encode(assigned, 3)).isEqualTo(ASSIGNMENT_3);
    }

    @Test
    void builds_of_version_2_read_the_beginning_of_what_is_said_in_it() {
        ByteBuffer said = AssignorData.encode(member, 2);

        int length = SUBSCRIPTION_2.remaining() - Integer.BYTES;
        assertThat(said.duplicate().limit(length)).isEqualTo(SUBSCRIPTION_2.slice(0, length));
        assertThat(AssignorData.decodeMember(said))
                .isEqualTo(new AssignorData.Said(member, AssignorData.LATEST));
    }

    @Test
    void of_a_later_version_is_read_what_is_known() {
        assertThat(AssignorData.decodeMember(later(latest(member), 9)).member()).isEqualTo(member);
        assertThat(AssignorData.decodeAssigned(later(latest(assigned), 9))).isEqualTo(assigned);
        assertThat(AssignorData.answerTo(later(latest(assigned), 9))).hasValue(AssignorData.LATEST);
    }

    @Test
    void what_cannot_be_read_has_no_tasks() {
        ByteBuffer broken = latest(member);
        broken.put(5, (byte) 9);
        for (ByteBuffer data :
                List.of(
                        broken,
                        later(latest(member), 1),
                        ByteBuffer.allocate(3),
                        ByteBuffer.wrap(
                                "something else altogether".getBytes(StandardCharsets.UTF_8)))) {
            assertThat(AssignorData.decodeMember(data).member().running()).isEmpty();
            assertThat(AssignorData.decodeMember(data).member().stored()).isEmpty();
            assertThat(AssignorData.decodeAssigned(data)).isEqualTo(AssignorData.Assigned.NOTHING);
            assertThat(AssignorData.answerTo(data)).isEmpty();
        }
        assertThat(AssignorData.decodeAssigned(null)).isEqualTo(AssignorData.Assigned.NOTHING);
    }
}
