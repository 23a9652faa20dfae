package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.FileRegion;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResponseEncoderTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

    private long memoryInUse() {
        return allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
    }

    private byte[] written(ApiKeys api, short version, ApiMessage response) throws IOException {
        ResponseEncoder.Encoded encoded =
                ResponseEncoder.encode(allocator, api, version, 42, response, version % 2 == 0);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(encoded.first(), out);
        for (Object part : encoded.rest()) {
            write(part, out);
        }
        assertThat(out.size()).isEqualTo(encoded.sizeBytes());
        return out.toByteArray();
    }

    private static void write(Object part, ByteArrayOutputStream out) throws IOException {
        if (part instanceof ByteBuf buffer) {
            buffer.readBytes(out, buffer.readableBytes());
        } else {
            FileRegion region = (FileRegion) part;
            WritableByteChannel target = Channels.newChannel(out);
            while (region.transferred() < region.count()) {
                region.transferTo(target, region.transferred());
            }
        }
        ReferenceCountUtil.release(part);
    }

    @Test
    void every_response_of_every_version_has_the_bytes_that_kafka_would_send() throws IOException {
        for (ApiKeys api : ApiKeys.clientApis()) {
            for (short version : api.allVersions()) {
                ApiMessage response = api.messageType.newResponse();
                short headerVersion = api.responseHeaderVersion(version);
                ByteBuffer kafka =
                        RequestUtils.serialize(
                                new ResponseHeaderData().setCorrelationId(42),
                                headerVersion,
                                response,
                                version);
                byte[] expected = new byte[Integer.BYTES + kafka.remaining()];
                ByteBuffer.wrap(expected).putInt(kafka.remaining()).put(kafka);

                assertThat(written(api, version, response))
                        .as("%s v%d", api, version)
                        .isEqualTo(expected);
            }
        }
        assertThat(memoryInUse()).isZero();
    }

    @Test
    void records_from_memory_and_from_a_file_are_spliced_in_place(@TempDir Path dir)
            throws IOException {
        byte[] shortBytes = bytes(100, 1);
        byte[] longBytes = bytes(10_000, 2);
        byte[] fileBytes = bytes(50_000, 3);
        Path file = Files.write(dir.resolve("segment"), fileBytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            FetchResponseData response =
                    response(
                            RecordBytes.of(ByteBuffer.wrap(shortBytes)),
                            RecordBytes.of(ByteBuffer.wrap(longBytes)),
                            RecordBytes.EMPTY,
                            RecordBytes.of(channel, 1000, 40_000));
            for (short version = 4; version <= 18; version++) {
                byte[] frame = written(ApiKeys.FETCH, version, response);

                ByteBufferAccessor reader =
                        new ByteBufferAccessor(ByteBuffer.wrap(frame, 4, frame.length - 4));
                short headerVersion = ApiKeys.FETCH.responseHeaderVersion(version);
                assertThat(new ResponseHeaderData(reader, headerVersion).correlationId())
                        .isEqualTo(42);
                List<FetchResponseData.PartitionData> partitions =
                        new FetchResponseData(reader, version).responses().get(0).partitions();
                assertThat(content(partitions.get(0))).isEqualTo(shortBytes);
                assertThat(content(partitions.get(1))).isEqualTo(longBytes);
                assertThat(content(partitions.get(2))).isEmpty();
                assertThat(content(partitions.get(3)))
                        .isEqualTo(java.util.Arrays.copyOfRange(fileBytes, 1000, 41_000));
            }
            assertThat(channel.isOpen()).isTrue();
        }
        assertThat(memoryInUse()).isZero();
    }

    @Test
    void lent_records_are_given_back_once_whether_they_were_spliced_or_copied() throws IOException {
        byte[] shortBytes = bytes(100, 1);
        byte[] longBytes = bytes(10_000, 2);
        AtomicInteger givenBack = new AtomicInteger();
        FetchResponseData response =
                response(
                        RecordBytes.of(direct(shortBytes), givenBack::incrementAndGet),
                        RecordBytes.of(direct(longBytes), givenBack::incrementAndGet));

        byte[] frame = written(ApiKeys.FETCH, (short) 12, response);

        assertThat(givenBack).hasValue(2);
        ByteBufferAccessor reader =
                new ByteBufferAccessor(ByteBuffer.wrap(frame, 4, frame.length - 4));
        new ResponseHeaderData(reader, (short) 1);
        List<FetchResponseData.PartitionData> partitions =
                new FetchResponseData(reader, (short) 12).responses().get(0).partitions();
        assertThat(content(partitions.get(0))).isEqualTo(shortBytes);
        assertThat(content(partitions.get(1))).isEqualTo(longBytes);
        assertThat(memoryInUse()).isZero();
    }

    /** As a slice of something larger, which is what a cache lends. */
    private static ByteBuffer direct(byte[] bytes) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(bytes.length + 20);
        return chunk.put(10, bytes).slice(10, bytes.length);
    }

    @Test
    void what_a_version_cannot_say_is_refused_and_leaves_nothing_behind() {
        ListOffsetsResponseData response = new ListOffsetsResponseData();
        response.topics()
                .add(
                        new ListOffsetsResponseData.ListOffsetsTopicResponse()
                                .setName("t")
                                .setPartitions(
                                        List.of(
                                                new ListOffsetsResponseData
                                                                .ListOffsetsPartitionResponse()
                                                        .setLeaderEpoch(3))));

        assertThatThrownBy(
                        () ->
                                ResponseEncoder.encode(
                                        allocator,
                                        ApiKeys.LIST_OFFSETS,
                                        (short) 1,
                                        1,
                                        response,
                                        false))
                .isInstanceOf(UnsupportedVersionException.class);
        assertThat(memoryInUse()).isZero();
    }

    private static FetchResponseData response(RecordBytes... records) {
        FetchResponseData.FetchableTopicResponse topic =
                new FetchResponseData.FetchableTopicResponse();
        for (int i = 0; i < records.length; i++) {
            topic.partitions()
                    .add(
                            new FetchResponseData.PartitionData()
                                    .setPartitionIndex(i)
                                    .setRecords(records[i]));
        }
        FetchResponseData response = new FetchResponseData();
        response.responses().add(topic);
        return response;
    }

    private static byte[] content(FetchResponseData.PartitionData partition) {
        ByteBuffer buffer = ((MemoryRecords) partition.records()).buffer();
        byte[] content = new byte[buffer.remaining()];
        buffer.get(content);
        return content;
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new java.util.Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A handler of Fetch has failed: what the client gets is made by the codec. */
    @Test
    void the_codecs_own_answer_to_a_failed_fetch_is_written() throws IOException {
        FetchRequestData request = new FetchRequestData();
        request.topics()
                .add(
                        new FetchRequestData.FetchTopic()
                                .setTopic("t")
                                .setPartitions(List.of(new FetchRequestData.FetchPartition())));
        ApiMessage answer =
                new FetchRequest(request, (short) 5)
                        .getErrorResponse(new UnknownServerException("failed"))
                        .data();

        assertThat(written(ApiKeys.FETCH, (short) 5, answer)).isNotEmpty();
    }
}
