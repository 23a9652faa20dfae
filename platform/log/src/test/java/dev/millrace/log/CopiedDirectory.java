package dev.millrace.log;

import dev.millrace.log.disk.LocalDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The files of a directory in use, as a killed process would leave them. */
final class CopiedDirectory {
    private CopiedDirectory() {}

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    /** The files of a folder without its subfolders, into one that exists. */
    static void copyFiles(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    static LogFixture openCrashed(Path path, LogConfig config) throws IOException {
        return LogFixture.existing(path, LocalDisk.INSTANCE, config, LogFixture.directoryConfig());
    }
}
