package dev.millrace.streams.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeFormatTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 64, 8191, 8192, 100_000})
    void keeps_new_and_old_value_of_any_length(int length) {
        byte[] value = new byte[length];
        byte[] old = {1, 2, 3};

        byte[] both = ChangeFormat.encode(value, old);
        assertThat(ChangeFormat.value(both)).isEqualTo(value);
        assertThat(ChangeFormat.old(both)).isEqualTo(old);

        byte[] added = ChangeFormat.encode(value, null);
        assertThat(ChangeFormat.value(added)).isEqualTo(value);
        assertThat(ChangeFormat.old(added)).isNull();

        byte[] removed = ChangeFormat.encode(null, value);
        assertThat(ChangeFormat.value(removed)).isNull();
        assertThat(ChangeFormat.old(removed)).isEqualTo(value);
    }

    @Test
    void refuses_what_is_no_change() {
        assertThatThrownBy(() -> ChangeFormat.encode(null, null))
                .isInstanceOf(StreamsException.class);
        assertThatThrownBy(() -> ChangeFormat.value(new byte[0]))
                .isInstanceOf(StreamsException.class);
        assertThatThrownBy(() -> ChangeFormat.value(new byte[] {1, 9}))
                .isInstanceOf(StreamsException.class);
        assertThatThrownBy(() -> ChangeFormat.value(new byte[] {100, 1, 2}))
                .isInstanceOf(StreamsException.class);
    }
}
