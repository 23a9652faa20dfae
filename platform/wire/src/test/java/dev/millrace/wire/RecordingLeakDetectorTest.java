package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That nothing is leaked means something only if a leak would be seen. */
class RecordingLeakDetectorTest {
    @Test
    void a_buffer_that_is_dropped_is_found_and_one_that_is_released_is_not() throws Exception {
        RecordingLeakDetector.watchEverything();
        RecordingLeakDetector.leaks();
        UnpooledByteBufAllocator.DEFAULT.directBuffer(10).release();
        assertThat(RecordingLeakDetector.leaks()).isEmpty();

        drop();
        List<String> found = new ArrayList<>();
        long deadlineNs = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (found.isEmpty() && System.nanoTime() < deadlineNs) {
            found.addAll(RecordingLeakDetector.leaks());
        }
        assertThat(found).singleElement().asString().contains("ByteBuf");
    }

    /** On a frame of its own, so that no local variable keeps the buffer. */
    private static void drop() {
        UnpooledByteBufAllocator.DEFAULT.directBuffer(10).writeByte(1);
    }
}
