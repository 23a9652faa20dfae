package dev.millrace.streams.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.processor.TaskId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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

    /** As a library would write it that knows more. */
    private static ByteBuffer later(ByteBuffer data, int version) {
        int length = data.remaining() - Integer.BYTES;
        byte[] more = {7, 7, 7};
        ByteBuffer out = ByteBuffer.allocate(length + more.length + Integer.BYTES);
        out.put(data.duplicate().limit(length)).put(more).put(0, (byte) version);
        CRC32C crc = new CRC32C();
        crc.update(out.duplicate().flip());
        return out.putInt((int) crc.getValue()).flip();
    }

    @Test
    void what_is_written_is_read() {
        assertThat(AssignorData.decodeMember(AssignorData.encode(member))).isEqualTo(member);
        assertThat(AssignorData.decodeAssigned(AssignorData.encode(assigned))).isEqualTo(assigned);
    }

    @Test
    void of_a_later_version_is_read_what_is_known() {
        assertThat(AssignorData.decodeMember(later(AssignorData.encode(member), 3)))
                .isEqualTo(member);
        assertThat(AssignorData.decodeAssigned(later(AssignorData.encode(assigned), 9)))
                .isEqualTo(assigned);
    }

    @Test
    void what_cannot_be_read_has_no_tasks() {
        ByteBuffer broken = AssignorData.encode(member);
        broken.put(5, (byte) 9);
        for (ByteBuffer data :
                List.of(
                        broken,
                        later(AssignorData.encode(member), 1),
                        ByteBuffer.allocate(3),
                        ByteBuffer.wrap(
                                "something else altogether".getBytes(StandardCharsets.UTF_8)))) {
            assertThat(AssignorData.decodeMember(data).running()).isEmpty();
            assertThat(AssignorData.decodeMember(data).stored()).isEmpty();
            assertThat(AssignorData.decodeAssigned(data)).isEqualTo(AssignorData.Assigned.NOTHING);
        }
        assertThat(AssignorData.decodeAssigned(null)).isEqualTo(AssignorData.Assigned.NOTHING);
    }
}
