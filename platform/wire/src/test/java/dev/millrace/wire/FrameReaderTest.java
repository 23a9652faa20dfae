package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
    private static final RequestMemory UNBOUNDED = new RequestMemory(WireConfig.UNLIMITED);

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

    private ByteBuf bytes(byte[] content) {
        return allocator.buffer().writeBytes(content);
    }

    private long memoryInUse() {
        return allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
    }

    @Property(tries = 300)
    void however_the_stream_is_cut_up_the_same_frames_come_out(
            @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 8, max = 300) Integer> lengths,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<byte[]> sent = new ArrayList<>();
        ByteBuf stream = allocator.buffer();
        for (int length : lengths) {
            byte[] content = new byte[length];
            random.nextBytes(content);
            sent.add(content);
            stream.writeInt(length).writeBytes(content);
        }

        FrameReader reader = new FrameReader(allocator, 1000, UNBOUNDED);
        List<byte[]> received = new ArrayList<>();
        while (stream.isReadable()) {
            int n = 1 + random.nextInt(Math.min(stream.readableBytes(), 1 + random.nextInt(400)));
            reader.add(stream.readBytes(n));
            for (ByteBuf frame = reader.next(); frame != null; frame = reader.next()) {
                byte[] content = new byte[frame.readableBytes()];
                frame.readBytes(content);
                frame.release();
                received.add(content);
            }
        }
        stream.release();
        reader.close();

        assertThat(received).usingElementComparator(java.util.Arrays::compare).isEqualTo(sent);
        assertThat(memoryInUse()).isZero();
    }

    @Test
    void a_length_alone_reserves_little_memory() {
        FrameReader reader = new FrameReader(allocator, 100 << 20, UNBOUNDED);

        reader.add(bytes(new byte[] {6, 0, 0, 0, 1, 2, 3})); // 96 MiB announced

        assertThat(reader.next()).isNull();
        assertThat(memoryInUse()).isLessThan(2 << 20);
        reader.close();
        assertThat(memoryInUse()).isZero();
    }

    @Test
    void a_frame_longer_than_the_first_capacity_arrives_whole() {
        FrameReader reader = new FrameReader(allocator, 100 << 20, UNBOUNDED);
        int length = 5 << 20;
        reader.add(allocator.buffer().writeInt(length));
        ByteBuf frame = reader.next();
        for (int sent = 0; sent < length; sent += 1 << 16) {
            assertThat(frame).isNull();
            reader.add(allocator.buffer().writeZero(1 << 16));
            frame = reader.next();
        }

        assertThat(Objects.requireNonNull(frame).readableBytes()).isEqualTo(length);
        frame.release();
        reader.close();
        assertThat(memoryInUse()).isZero();
    }

    @Test
    void lengths_that_cannot_be_are_refused_with_the_limits() {
        for (int length : new int[] {-1, 0, 7, 1001, Integer.MAX_VALUE}) {
            FrameReader reader = new FrameReader(allocator, 1000, UNBOUNDED);
            reader.add(allocator.buffer().writeInt(length).writeZero(20));
            assertThatThrownBy(reader::next)
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("8 to 1000")
                    .hasMessageContaining(Integer.toString(length));
            reader.close();
        }
        assertThat(memoryInUse()).isZero();
    }

    @Test
    void a_frame_begins_only_while_memory_is_left_and_then_is_read_to_its_end() {
        RequestMemory memory = new RequestMemory(100);
        FrameReader first = new FrameReader(allocator, 1000, memory);
        FrameReader second = new FrameReader(allocator, 1000, memory);

        first.add(allocator.buffer().writeInt(300).writeZero(50));
        assertThat(first.next()).isNull();
        second.add(allocator.buffer().writeInt(10).writeZero(10));
        assertThat(second.next()).isNull();
        assertThat(second.starved()).isTrue();
        first.add(allocator.buffer().writeZero(250));
        ByteBuf frame = Objects.requireNonNull(first.next());
        assertThat(first.starved()).isFalse();
        assertThat(memory.usedBytes()).isEqualTo(300);
        memory.release(frame.readableBytes());
        frame.release();

        ByteBuf waited = Objects.requireNonNull(second.next());
        assertThat(waited.readableBytes()).isEqualTo(10);
        waited.release();
        first.close();
        second.close();
        assertThat(memoryInUse()).isZero();
    }

    @Test
    void a_frame_that_never_ends_gives_its_memory_back_with_its_connection() {
        RequestMemory memory = new RequestMemory(100);
        FrameReader reader = new FrameReader(allocator, 1000, memory);
        reader.add(allocator.buffer().writeInt(300).writeZero(50));
        assertThat(reader.next()).isNull();
        assertThat(memory.usedBytes()).isEqualTo(300);

        reader.close();
        reader.close();

        assertThat(memory.usedBytes()).isZero();
        assertThat(memoryInUse()).isZero();
    }
}
