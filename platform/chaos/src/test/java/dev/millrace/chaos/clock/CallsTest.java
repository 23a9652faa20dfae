package dev.millrace.chaos.clock;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallsTest {
    private static final long HOUR_MS = 3_600_000;

    /** Asks in the three ways there are: a call, a method reference, and the other class. */
    public static final class Asking implements LongSupplier {
        @Override
        public long getAsLong() {
            LongSupplier reference = System::currentTimeMillis;
            long called = System.currentTimeMillis();
            long instant = Instant.now().toEpochMilli();
            double unrelated = 1e300; // takes two numbers of the constant pool
            return unrelated > 0 ? Math.min(called, Math.min(reference.getAsLong(), instant)) : 0L;
        }
    }

    @AfterEach
    void setClockRight() {
        WallClock.shiftMs = 0;
    }

    @Test
    void a_class_is_told_the_shifted_time() throws Exception {
        LongSupplier asking = redirected(Asking.class);

        WallClock.shiftMs = HOUR_MS;
        assertThat(asking.getAsLong())
                .isCloseTo(System.currentTimeMillis() + HOUR_MS, within(10_000L));
        WallClock.shiftMs = 0;
        assertThat(asking.getAsLong()).isCloseTo(System.currentTimeMillis(), within(10_000L));
    }

    @Test
    void a_class_that_does_not_ask_is_left_alone() throws IOException {
        assertThat(Calls.redirected(classFile(Calls.class))).isNull();
    }

    private static LongSupplier redirected(Class<? extends LongSupplier> type) throws Exception {
        byte[] changed = requireNonNull(Calls.redirected(classFile(type)));
        ClassLoader loader =
                new ClassLoader(CallsTest.class.getClassLoader()) {
                    @Override
                    protected Class<?> loadClass(String name, boolean resolve)
                            throws ClassNotFoundException {
                        return name.equals(type.getName())
                                ? defineClass(name, changed, 0, changed.length)
                                : super.loadClass(name, resolve);
                    }
                };
        return (LongSupplier)
                loader.loadClass(type.getName()).getDeclaredConstructor().newInstance();
    }

    private static byte[] classFile(Class<?> type) throws IOException {
        String name = type.getName().replace('.', '/') + ".class";
        try (InputStream in = CallsTest.class.getClassLoader().getResourceAsStream(name)) {
            return requireNonNull(in).readAllBytes();
        }
    }
}
