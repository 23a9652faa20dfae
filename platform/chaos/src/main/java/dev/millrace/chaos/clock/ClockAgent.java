package dev.millrace.chaos.clock;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/**
 * {@code -javaagent:clock-agent.jar=FILE}: the program's own classes and its libraries' are told a
 * time that is as many milliseconds wrong as FILE says, looked at ten times a second. The JDK's
 * classes keep the right time, and {@link System#nanoTime()} is right for all.
 */
public final class ClockAgent {
    private static final long LOOK_EVERY_MS = 100;

    private ClockAgent() {}

    public static void premain(String file, Instrumentation instrumentation) {
        instrumentation.addTransformer(new Redirecting());
        Thread thread = new Thread(() -> follow(Path.of(file)), "clock-agent");
        thread.setDaemon(true);
        thread.start();
    }

    private static void follow(Path file) {
        try {
            while (true) {
                WallClock.shiftMs = Long.parseLong(Files.readString(file).strip());
                Thread.sleep(LOOK_EVERY_MS);
            }
        } catch (IOException | InterruptedException e) {
            WallClock.shiftMs = 0; // the run is over
        }
    }

    private static final class Redirecting implements ClassFileTransformer {
        @Override
        public byte @Nullable [] transform(
                Module module,
                @Nullable ClassLoader loader,
                @Nullable String className,
                @Nullable Class<?> redefined,
                @Nullable ProtectionDomain domain,
                byte[] classFile) {
            boolean seesAgent = loader == ClassLoader.getSystemClassLoader() && !module.isNamed();
            boolean own = className != null && className.startsWith("dev/millrace/chaos/clock/");
            return seesAgent && !own ? Calls.redirected(classFile) : null;
        }
    }
}
