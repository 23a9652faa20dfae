package dev.millrace.sql.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What this engine is called in the groups of its queries: {@code <state dir>/instance-id}, a UUID
 * that outlives the process as the state beside it does.
 */
final class InstanceId {
    private static final String FILE = "instance-id";

    private InstanceId() {}

    /** The engine's id; made when there is none, or one torn by a crash. */
    static String of(Path stateDir) {
        Path file = stateDir.resolve(FILE);
        try {
            if (Files.exists(file)) {
                String known = Files.readString(file).strip();
                if (isUuid(known)) {
                    return known;
                }
            }
            Files.createDirectories(stateDir);
            String fresh = UUID.randomUUID().toString();
            Files.writeString(file, fresh);
            return fresh;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + file, e);
        }
    }

    private static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
