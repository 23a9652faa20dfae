package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.junit.jupiter.api.Test;

class RequestReaderTest {
    private static final short VERSION = 12;

    @Test
    void the_largest_request_of_a_real_client_is_read() {
        FetchRequestData request = fetch(100_000, 1);

        FetchRequestData read =
                new FetchRequestData(RequestReader.copying(bytes(request, VERSION)), VERSION);

        assertThat(read).isEqualTo(request);
    }

    @Test
    void an_array_of_more_elements_than_any_client_needs_is_refused() {
        List<MetadataRequestData.MetadataRequestTopic> topics =
                Collections.nCopies(
                        RequestReader.MAX_ELEMENTS + 1,
                        new MetadataRequestData.MetadataRequestTopic().setName(""));
        ByteBuffer bytes = bytes(new MetadataRequestData().setTopics(topics), (short) 4);

        assertThatThrownBy(() -> new MetadataRequestData(RequestReader.copying(bytes), (short) 4))
                .hasMessageContaining(String.valueOf(RequestReader.MAX_ELEMENTS));
    }

    @Test
    void many_small_arrays_are_refused_when_they_are_too_many_together() {
        ByteBuffer bytes = bytes(fetch(1000, 400), VERSION);

        assertThatThrownBy(() -> new FetchRequestData(RequestReader.copying(bytes), VERSION))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(String.valueOf(RequestReader.MAX_VALUES));
    }

    private static FetchRequestData fetch(int topics, int partitionsEach) {
        List<FetchRequestData.FetchPartition> partitions =
                Collections.nCopies(partitionsEach, new FetchRequestData.FetchPartition());
        List<FetchRequestData.FetchTopic> all = new ArrayList<>();
        for (int i = 0; i < topics; i++) {
            all.add(new FetchRequestData.FetchTopic().setTopic("t" + i).setPartitions(partitions));
        }
        return new FetchRequestData().setTopics(all);
    }

    private static ByteBuffer bytes(ApiMessage message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.flip();
    }
}
