package dev.millrace.chaos.place;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the system's own short commands ({@code ip}, {@code mount}, {@code kill}). */
public final class Shell {
    private static final long PATIENCE_SECONDS = 20;

    private Shell() {}

    public record Outcome(int exitCode, String output) {
        public boolean succeeded() {
            return exitCode == 0;
        }
    }

    /** Splits at spaces: none of the words used here has one. */
    public static Outcome attempt(String line) {
        return attempt(List.of(line.split(" ")));
    }

    public static Outcome attempt(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Outcome(-1, output + "still running after " + PATIENCE_SECONDS + " s");
            }
            return new Outcome(process.exitValue(), output.strip());
        } catch (IOException e) {
            return new Outcome(-1, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(-1, "interrupted");
        }
    }

    /**
     * @throws UncheckedIOException with the command and what it printed, if it fails
     */
    public static void run(String line) {
        Outcome outcome = attempt(line);
        if (!outcome.succeeded()) {
            throw new UncheckedIOException(
                    new IOException(
                            "'"
                                    + line
                                    + "' ended with "
                                    + outcome.exitCode()
                                    + ": "
                                    + outcome.output()));
        }
    }
}
