package dev.millrace.log.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Files and folders. Creating, renaming and deleting are durable only after {@link #syncDirectory}
 * of the folder they happened in; bytes only after {@link DiskFile#force}. Thread-safe.
 */
public interface Disk {
    /** Opens for reading and writing, creating the file if missing. */
    DiskFile open(Path file) throws IOException;

    boolean exists(Path path);

    boolean isDirectory(Path path);

    /** Names of the files and folders in it, sorted; none if it does not exist. */
    List<String> list(Path directory) throws IOException;

    /** With its parents; no effect if it exists. */
    void createDirectory(Path directory) throws IOException;

    /** Atomic, and replaces a file at {@code to}. */
    void rename(Path from, Path to) throws IOException;

    /** A file or an empty folder; no effect if missing. */
    void delete(Path path) throws IOException;

    void syncDirectory(Path directory) throws IOException;

    /**
     * Locks {@code file} against other processes and other callers in this one until closed.
     *
     * @throws LockedException if somebody has it
     */
    Closeable lock(Path file) throws IOException;

    /** Somebody else has the lock. */
    final class LockedException extends IOException {
        private static final long serialVersionUID = 1L;

        public LockedException(Path file) {
            super(file + " is locked");
        }
    }
}
