package dev.millrace.streams.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.ByteUtils;
import org.junit.jupiter.api.Test;

class HeaderBytesTest {
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);

    private static Headers headers() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", new byte[] {1, 2, 3});
        headers.add("größe", new byte[0]);
        headers.add("trace", null);
        return headers;
    }

    @Test
    void what_was_written_is_read_and_the_value_follows() {
        ByteBuffer in = ByteBuffer.wrap(HeaderBytes.prefixed(headers(), VALUE));

        Headers read = HeaderBytes.read(in);

        byte[] value = new byte[in.remaining()];
        in.get(value);
        assertThat(read.toArray()).containsExactly(headers().toArray());
        assertThat(value).isEqualTo(VALUE);
    }

    @Test
    void no_headers_take_one_byte() {
        byte[] whole = HeaderBytes.prefixed(new RecordHeaders(), VALUE);

        assertThat(whole).hasSize(1 + VALUE.length).startsWith(0);
        assertThat(HeaderBytes.read(ByteBuffer.wrap(whole)).toArray()).isEmpty();
    }

    @Test
    void the_bytes_are_those_of_kafka_streams() throws Exception {
        Class<?> theirs =
                Class.forName("org.apache.kafka.streams.state.internals.HeadersSerializer");
        Method serialize = theirs.getDeclaredMethod("serialize", Headers.class);
        serialize.setAccessible(true);
        byte[] expected = (byte[]) serialize.invoke(null, headers());

        ByteBuffer ours = ByteBuffer.wrap(HeaderBytes.prefixed(headers(), VALUE));
        byte[] written = new byte[ByteUtils.readVarint(ours)];
        ours.get(written);

        assertThat(written).isEqualTo(expected);
    }

    @Test
    void every_header_of_a_record_may_be_empty() {
        RecordHeaders headers = new RecordHeaders(new Header[0]);
        headers.add("", null);

        ByteBuffer in = ByteBuffer.wrap(HeaderBytes.prefixed(headers, new byte[0]));

        assertThat(HeaderBytes.read(in).toArray()).containsExactly(headers.toArray());
        assertThat(in.hasRemaining()).isFalse();
    }
}
