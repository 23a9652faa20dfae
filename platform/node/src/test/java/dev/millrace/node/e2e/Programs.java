package dev.millrace.node.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Programs of the operating system that the tests use, installed where that is possible. */
final class Programs {
    private Programs() {}

    /**
     * Makes {@code program} available from Debian's {@code packages}, or fails saying what to
     * install.
     */
    static void ensure(String program, String packages) throws IOException, InterruptedException {
        ensure(() -> onPath(program), program + " on the PATH", packages);
    }

    /** The same for a file, for instance a header. */
    static void ensure(Path file, String packages) throws IOException, InterruptedException {
        ensure(() -> Files.exists(file), file.toString(), packages);
    }

    private static synchronized void ensure(BooleanSupplier there, String what, String packages)
            throws IOException, InterruptedException {
        if (there.getAsBoolean()) {
            return;
        }
        if (Files.exists(Path.of("/etc/debian_version"))
                && System.getProperty("user.name").equals("root")) {
            run(
                    "",
                    List.of(
                            "sh",
                            "-c",
                            "apt-get update -qq && apt-get install -y -qq --no-install-recommends "
                                    + packages
                                    + " >&2"));
        }
        if (!there.getAsBoolean()) {
            throw new AssertionError(
                    "this test needs " + what + " (Debian package " + packages + ")");
        }
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** Runs to the end within two minutes; stdout. Fails, with stderr, unless it exits with 0. */
    static String run(String stdin, List<String> command) throws IOException, InterruptedException {
        Path in = Files.writeString(Files.createTempFile("program", ".in"), stdin);
        Path out = Files.createTempFile("program", ".out");
        Path err = Files.createTempFile("program", ".err");
        Process process =
                new ProcessBuilder(command)
                        .redirectInput(in.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(
                    "still running after 120 s: " + command + "\n" + Files.readString(err));
        }
        String printed = Files.readString(out, StandardCharsets.UTF_8);
        if (process.exitValue() != 0) {
            throw new AssertionError(
                    command
                            + " ended with "
                            + process.exitValue()
                            + "\n"
                            + printed
                            + Files.readString(err));
        }
        return printed;
    }
}
