package dev.millrace.node.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A {@code millrace} command that runs until it is stopped. */
final class RunningCommand implements AutoCloseable {
    private final Process process;
    private final Path output;

    private RunningCommand(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static RunningCommand start(List<String> arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(PackagedNode.distribution().resolve("bin/millrace").toString()));
        command.addAll(arguments);
        Path output = Files.createTempFile("millrace", ".out");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        return new RunningCommand(process, output);
    }

    /** Waits up to a minute; fails with what the command printed. */
    void await(Callable<Boolean> condition) throws IOException {
        try {
            Awaitility.await().atMost(60, TimeUnit.SECONDS).until(condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(Files.readString(output), e);
        }
    }

    /** SIGTERM; the exit code. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("still running 20 s after SIGTERM");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
