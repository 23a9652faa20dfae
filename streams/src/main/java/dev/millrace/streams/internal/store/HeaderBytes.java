package dev.millrace.streams.internal.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Headers in front of a value, as Kafka Streams stores them (KIP-1271). Numbers are zigzag
 * variable-length integers.
 *
 * <pre>
 * size | headers | value
 * headers:  nothing, size 0, for none; else  count | (key size | key | value size, -1: null | value)...
 * </pre>
 */
final class HeaderBytes {
    private HeaderBytes() {}

    static byte[] prefixed(Headers headers, byte[] value) {
        Header[] all = headers.toArray();
        if (all.length == 0) {
            byte[] whole = new byte[1 + value.length];
            System.arraycopy(value, 0, whole, 1, value.length);
            return whole;
        }
        byte[][] keys = new byte[all.length][];
        int size = Varints.size(all.length);
        for (int i = 0; i < all.length; i++) {
            keys[i] = all[i].key().getBytes(StandardCharsets.UTF_8);
            byte[] content = all[i].value();
            size += Varints.size(keys[i].length) + keys[i].length;
            size +=
                    content == null
                            ? Varints.size(-1)
                            : Varints.size(content.length) + content.length;
        }
        ByteBuffer out = ByteBuffer.allocate(Varints.size(size) + size + value.length);
        Varints.write(size, out);
        Varints.write(all.length, out);
        for (int i = 0; i < all.length; i++) {
            Varints.write(keys[i].length, out);
            out.put(keys[i]);
            byte[] content = all[i].value();
            if (content == null) {
                Varints.write(-1, out);
            } else {
                Varints.write(content.length, out);
                out.put(content);
            }
        }
        return out.put(value).array();
    }

    /** Leaves the buffer at the value. */
    static Headers read(ByteBuffer in) {
        RecordHeaders headers = new RecordHeaders();
        if (Varints.read(in) == 0) {
            return headers;
        }
        for (int left = Varints.read(in); left > 0; left--) {
            String key = new String(bytes(in, Varints.read(in)), StandardCharsets.UTF_8);
            int size = Varints.read(in);
            headers.add(key, size < 0 ? null : bytes(in, size));
        }
        return headers;
    }

    private static byte[] bytes(ByteBuffer in, int size) {
        byte[] bytes = new byte[size];
        in.get(bytes);
        return bytes;
    }
}
