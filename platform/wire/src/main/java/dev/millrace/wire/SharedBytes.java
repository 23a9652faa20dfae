package dev.millrace.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledUnsafeDirectByteBuf;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;

/** Buffers around memory that belongs to somebody else, who learns when they have been sent. */
final class SharedBytes {
    private SharedBytes() {}

    /**
     * @param memory direct and writable, though nobody writes
     */
    static ByteBuf of(ByteBuffer memory, Runnable sent) {
        return PlatformDependent.hasUnsafe()
                ? new WithAddress(memory, sent)
                : new WithoutAddress(memory, sent);
    }

    /** Of which native transports send without a copy. */
    private static final class WithAddress extends UnpooledUnsafeDirectByteBuf {
        private final Runnable sent;

        WithAddress(ByteBuffer memory, Runnable sent) {
            super(ByteBufAllocator.DEFAULT, memory, memory.remaining());
            this.sent = sent;
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            sent.run();
        }
    }

    private static final class WithoutAddress extends UnpooledDirectByteBuf {
        private final Runnable sent;

        WithoutAddress(ByteBuffer memory, Runnable sent) {
            super(ByteBufAllocator.DEFAULT, memory, memory.remaining());
            this.sent = sent;
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            sent.run();
        }
    }
}
