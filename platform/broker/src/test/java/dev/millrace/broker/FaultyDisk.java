package dev.millrace.broker;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import dev.millrace.log.disk.LocalDisk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/** The real disk, but for what a test has it refuse below some path. */
final class FaultyDisk implements Disk {
    enum Operation {
        OPEN,
        WRITE,
        READ,
        FORCE,
        RENAME
    }

    private record Fault(Set<Operation> operations, String message) {}

    private final Map<Path, Fault> faults = new ConcurrentHashMap<>();
    private final ReentrantReadWriteLock forcing = new ReentrantReadWriteLock();

    private volatile Path limited = Path.of("/nothing/is/limited");
    private final AtomicLong left = new AtomicLong();

    /** Logs' segments that were forced. */
    final AtomicLong forced = new AtomicLong();

    /** From now on; what is mapped or open already fails too. */
    void fail(Path below, Set<Operation> operations, String message) {
        faults.put(below, new Fault(operations, message));
    }

    /** Until {@link #resume}, called by the same thread, nothing becomes durable. */
    void stall() {
        forcing.writeLock().lock();
    }

    void resume() {
        forcing.writeLock().unlock();
    }

    /** What may be written below the path, in all; then the disk is full. */
    void limit(Path below, long bytes) {
        limited = below;
        left.set(bytes);
    }

    private void take(Path path, int bytes) throws IOException {
        if (path.startsWith(limited) && left.addAndGet(-bytes) < 0) {
            throw new IOException("No space left on device");
        }
    }

    void repair() {
        faults.clear();
    }

    private void check(Path path, Operation operation) throws IOException {
        for (Map.Entry<Path, Fault> fault : faults.entrySet()) {
            if (path.startsWith(fault.getKey())
                    && fault.getValue().operations.contains(operation)) {
                throw new IOException(fault.getValue().message);
            }
        }
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        check(file, Operation.OPEN);
        return new FaultyFile(file, LocalDisk.INSTANCE.open(file));
    }

    @Override
    public boolean exists(Path path) {
        return LocalDisk.INSTANCE.exists(path);
    }

    @Override
    public boolean isDirectory(Path path) {
        return LocalDisk.INSTANCE.isDirectory(path);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        check(directory, Operation.READ);
        return LocalDisk.INSTANCE.list(directory);
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        check(directory, Operation.OPEN);
        LocalDisk.INSTANCE.createDirectory(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        check(from, Operation.RENAME);
        LocalDisk.INSTANCE.rename(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        LocalDisk.INSTANCE.delete(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        check(directory, Operation.FORCE);
        LocalDisk.INSTANCE.syncDirectory(directory);
    }

    @Override
    public Closeable lock(Path file) throws IOException {
        check(file, Operation.OPEN);
        return LocalDisk.INSTANCE.lock(file);
    }

    private final class FaultyFile implements DiskFile {
        private final Path path;
        private final DiskFile file;

        FaultyFile(Path path, DiskFile file) {
            this.path = path;
            this.file = file;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            check(path, Operation.WRITE);
            take(path, source.remaining());
            file.write(source, position);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            check(path, Operation.READ);
            return file.read(target, position);
        }

        @Override
        public void truncate(long size) throws IOException {
            check(path, Operation.WRITE);
            file.truncate(size);
        }

        @Override
        public void extend(long size) throws IOException {
            check(path, Operation.WRITE);
            file.extend(size);
        }

        @Override
        public void force() throws IOException {
            forcing.readLock().lock();
            try {
                check(path, Operation.FORCE);
                file.force();
            } finally {
                forcing.readLock().unlock();
            }
            if (path.toString().endsWith(".log")) {
                forced.incrementAndGet();
            }
        }

        @Override
        public @Nullable FileChannel channel() {
            // Not to be read behind our back.
            return null;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
