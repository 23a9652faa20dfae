package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.journal.MetadataRecord.BrokerRegistered;
import dev.millrace.cluster.journal.MetadataRecord.ClusterFormatted;
import dev.millrace.cluster.journal.MetadataRecord.FeaturesFinalized;
import dev.millrace.cluster.journal.MetadataRecord.ProducerIdsAllocated;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalBytesTest {
    @TempDir Path directory;

    @Provide
    Arbitrary<List<MetadataRecord>> journals() {
        return MetadataGen.journals();
    }

    @Property(tries = 300)
    void an_entry_reads_back_as_it_was_written(
            @ForAll("journals") List<MetadataRecord> records,
            @ForAll @LongRange(min = 0) long v,
            @ForAll boolean named) {
        JournalEntry entry = new JournalEntry(named ? "cluster" : "", v, records);

        assertThat(JournalEntry.fromBytes(ByteBuffer.wrap(entry.toBytes()))).isEqualTo(entry);
    }

    @Property(tries = 200)
    void a_cut_entry_is_refused(@ForAll("journals") List<MetadataRecord> records) {
        byte[] bytes = new JournalEntry("cluster", 7, records).toBytes();

        for (int length : new int[] {0, 1, bytes.length / 2, bytes.length - 1}) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> JournalEntry.fromBytes(ByteBuffer.wrap(cut)))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Property(tries = 100)
    void a_snapshot_holds_the_whole_state(@ForAll("journals") List<MetadataRecord> records) {
        MetadataState state = MetadataState.EMPTY.replay(records, 41);
        try {
            Path file = Files.createTempFile("snapshot", ".test");
            SnapshotFile.write(file, state);
            MetadataState read = SnapshotFile.read(file);
            Files.delete(file);

            assertThat(read.replay(records, 42)).isEqualTo(state.replay(records, 42));
            assertThat(read.image(1)).isEqualTo(state.image(1));
            assertThat(read.nextProducerId()).isEqualTo(state.nextProducerId());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void the_bytes_are_those_that_are_drawn() {
        JournalEntry entry =
                new JournalEntry(
                        "",
                        300,
                        List.of(new ClusterFormatted("ab"), new ProducerIdsAllocated(1000)));

        assertThat(HexFormat.of().formatHex(entry.toBytes()))
                .isEqualTo("4d01" + "ac02" + "02" + "010003026162" + "070002e807");
        assertThat(HexFormat.of().formatHex(new JournalEntry("xy", 300, entry.records()).toBytes()))
                .isEqualTo("4d02" + "027879" + "ac02" + "02" + "010003026162" + "070002e807");
    }

    @Test
    void entries_name_their_cluster_from_the_level_on_at_which_all_nodes_read_that() {
        MetadataState formed =
                MetadataState.EMPTY.replay(List.of(new ClusterFormatted("cluster")), 1);
        for (short level = 0; level <= 2; level++) {
            MetadataState state =
                    formed.replay(
                            new FeaturesFinalized(
                                    Map.of(SupportedFeatures.JOURNAL_VERSION, level), 0),
                            2);

            assertThat(JournalEntry.on(state, List.of()).clusterId())
                    .isEqualTo(level < 2 ? "" : "cluster");
        }
    }

    @Test
    void an_entry_of_another_cluster_is_refused() {
        MetadataState formed =
                MetadataState.EMPTY.replay(List.of(new ClusterFormatted("cluster")), 1);

        new JournalEntry("", 1, List.of()).requireFor(formed);
        new JournalEntry("cluster", 1, List.of()).requireFor(formed);
        assertThatThrownBy(() -> new JournalEntry("other", 1, List.of()).requireFor(formed))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("nodes of cluster other")
                .hasMessageContaining("of cluster cluster");
    }

    @Test
    void an_entry_in_a_later_format_is_refused() {
        byte[] later = HexFormat.of().parseHex("4d03" + "00" + "00");

        assertThatThrownBy(() -> JournalEntry.fromBytes(ByteBuffer.wrap(later)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("or a later one");
    }

    @Test
    void a_record_from_a_later_version_is_refused_not_skipped() {
        byte[] unknownType = HexFormat.of().parseHex("4d01" + "00" + "01" + "630000");
        byte[] laterVersion = HexFormat.of().parseHex("4d01" + "00" + "01" + "010103026162");

        assertThatThrownBy(() -> JournalEntry.fromBytes(ByteBuffer.wrap(unknownType)))
                .hasMessageContaining("type 99")
                .hasMessageContaining("later");
        assertThatThrownBy(() -> JournalEntry.fromBytes(ByteBuffer.wrap(laterVersion)))
                .hasMessageContaining("version 1");
    }

    @Test
    void a_record_from_an_earlier_version_reads_with_defaults_for_what_it_does_not_have() {
        byte[] withoutFeatures =
                HexFormat.of().parseHex("4d01" + "00" + "01" + "020008" + "02000161c8010000");

        assertThat(JournalEntry.fromBytes(ByteBuffer.wrap(withoutFeatures)).records())
                .containsExactly(
                        new BrokerRegistered(
                                1, 0, "a", 100, "", 0, Uuid.ZERO_UUID, "", false, false, Map.of()));
    }

    @Test
    void a_length_larger_than_the_file_is_refused_before_memory_is_taken() {
        byte[] bytes = HexFormat.of().parseHex("4d01" + "00" + "ffffffff0f");

        assertThatThrownBy(() -> JournalEntry.fromBytes(ByteBuffer.wrap(bytes)))
                .hasMessageContaining("4294967295");
    }

    @Test
    void a_snapshot_with_one_wrong_bit_is_refused() throws IOException {
        Path file = directory.resolve("snapshot.1_5");
        MetadataState state =
                MetadataState.EMPTY.replay(List.of(new ClusterFormatted("cluster")), 5);
        SnapshotFile.write(file, state);
        byte[] bytes = Files.readAllBytes(file);

        for (int i = 0; i < bytes.length; i++) {
            byte[] damaged = bytes.clone();
            damaged[i] ^= 4;
            Files.write(file, damaged);
            assertThatThrownBy(() -> SnapshotFile.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("damaged");
        }
    }
}
