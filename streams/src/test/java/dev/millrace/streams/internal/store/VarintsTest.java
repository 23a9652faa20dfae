package dev.millrace.streams.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.ByteUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VarintsTest {
    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                1,
                -1,
                63,
                64,
                -64,
                -65,
                8191,
                8192,
                1 << 20,
                -(1 << 27),
                1 << 27,
                1 << 28,
                Integer.MAX_VALUE,
                Integer.MIN_VALUE
            })
    void has_the_bytes_of_kafka(int value) {
        ByteBuffer kafka = ByteBuffer.allocate(5);
        ByteUtils.writeVarint(value, kafka);
        ByteBuffer ours = ByteBuffer.allocate(5);
        Varints.write(value, ours);

        assertThat(ours.flip()).isEqualTo(kafka.flip());
        assertThat(Varints.size(value)).isEqualTo(kafka.remaining());
        assertThat(Varints.read(ours)).isEqualTo(value);
    }

    @Test
    void refuses_what_does_not_end() {
        ByteBuffer endless = ByteBuffer.wrap(new byte[] {-1, -1, -1, -1, -1, 1});

        assertThatThrownBy(() -> Varints.read(endless))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
