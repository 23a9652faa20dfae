package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import dev.millrace.wire.record.RecordBatchView;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that is as bad as POSIX allows.
 *
 * <p>{@link #crash} keeps what was forced and synced. Of the rest, each write since a file's last
 * force survives whole, torn at a sector, with a flipped bit, or not at all, in any combination, so
 * that a later one may survive an earlier; creations, renames and deletions since the last sync of
 * their folder survive up to a random one of them, as on a journaling file system.
 *
 * <p>{@link #kill} ends the process alone: what was written is still there.
 *
 * <p>{@link #failAfter} makes the disk fail like a full or a dying one, {@link #failOnceAfter} like
 * one that loses what it was to make durable, says so once, and goes on.
 */
public final class SimulatedDisk implements Disk {
    private static final int SECTOR_BYTES = 512;

    private final Random random;
    private Map<Path, Node> current = new TreeMap<>();
    private Map<Path, Node> durable = new TreeMap<>();
    private final Set<Path> directories = new TreeSet<>();
    private final List<NameOp> unsynced = new ArrayList<>();
    private final Set<Path> locks = new HashSet<>();
    private int generation;
    private int operationsToFailure = Integer.MAX_VALUE;
    private boolean failsOnce;
    private int changes;
    private String failure = "";

    public SimulatedDisk(Random random) {
        this.random = random;
    }

    /** A change of names: {@code node} appears at {@code to}, or {@code from} disappears. */
    private record NameOp(@Nullable Path from, @Nullable Path to, Node node) {
        void apply(Map<Path, Node> names) {
            if (from != null) {
                names.remove(from);
            }
            if (to != null) {
                names.put(to, node);
            }
        }

        boolean in(Path directory) {
            return (from != null && directory.equals(from.getParent()))
                    || (to != null && directory.equals(to.getParent()));
        }
    }

    /** Bytes written, or, without bytes, a cut or growth to {@code position}. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Write(long position, byte @Nullable [] bytes) {}

    private static final class Node {
        byte[] bytes = new byte[0];
        byte[] forced = new byte[0];
        final List<Write> pending = new ArrayList<>();
    }

    /** From the operation after the next {@code operations} on, every change fails. */
    public void failAfter(int operations, String message) {
        operationsToFailure = operations;
        failsOnce = false;
        failure = message;
    }

    /**
     * The change after the next {@code operations} fails; if it was to make a file durable, what it
     * would have made durable survives or not, as after a loss of power.
     */
    public void failOnceAfter(int operations, String message) {
        failAfter(operations, message);
        failsOnce = true;
    }

    public boolean hasFailed() {
        return operationsToFailure < 0;
    }

    /** Changes so far, those that failed too. */
    public int changes() {
        return changes;
    }

    private void changing() throws IOException {
        changes++;
        if (operationsToFailure != Integer.MAX_VALUE && --operationsToFailure < 0) {
            if (failsOnce) {
                operationsToFailure = Integer.MAX_VALUE;
            }
            throw new IOException(failure);
        }
    }

    /** The process ends and the system runs on: open files are dead, locks are gone. */
    public synchronized void kill() {
        generation++;
        locks.clear();
        operationsToFailure = Integer.MAX_VALUE;
    }

    /** Power off and on: open files are dead, locks are gone, the disk works again. */
    public synchronized void crash() {
        generation++;
        locks.clear();
        operationsToFailure = Integer.MAX_VALUE;
        int survivingNames = random.nextInt(unsynced.size() + 1);
        for (NameOp op : unsynced.subList(0, survivingNames)) {
            op.apply(durable);
        }
        unsynced.clear();
        for (Node node : new LinkedHashSet<>(durable.values())) {
            loseUnforced(node);
        }
        current = new TreeMap<>(durable);
    }

    private void loseUnforced(Node node) {
        byte[] content = node.forced;
        for (Write write : node.pending) {
            content = survive(content, write);
        }
        node.pending.clear();
        node.forced = content;
        node.bytes = content.clone();
    }

    private byte[] survive(byte[] content, Write write) {
        byte[] bytes = write.bytes;
        int fate = random.nextInt(10);
        if (bytes == null) {
            return fate < 5 ? content : apply(content, write);
        }
        if (fate < 3) {
            return content;
        }
        if (fate < 5) {
            int sectors = random.nextInt(bytes.length / SECTOR_BYTES + 1);
            int kept = Math.min(bytes.length, sectors * SECTOR_BYTES + random.nextInt(40));
            return apply(content, new Write(write.position, Arrays.copyOf(bytes, kept)));
        }
        int flip = random.nextInt(bytes.length + 1);
        if (fate == 5 && flip < bytes.length && !isUnprotected(bytes, flip)) {
            byte[] flipped = bytes.clone();
            flipped[flip] ^= (byte) (1 << random.nextInt(8));
            return apply(content, new Write(write.position, flipped));
        }
        return apply(content, write);
    }

    /**
     * Kafka's CRC leaves out the leader epoch of a batch, so nobody could notice. There may be
     * several batches in one write.
     */
    private static boolean isUnprotected(byte[] bytes, int index) {
        ByteBuffer batches = ByteBuffer.wrap(bytes);
        int start = 0;
        while (start + RecordBatchView.HEADER_BYTES <= bytes.length) {
            int size =
                    RecordBatchView.LENGTH_PREFIX_BYTES
                            + batches.getInt(start + RecordBatchView.LENGTH);
            if (size < RecordBatchView.HEADER_BYTES || index < start + size) {
                break;
            }
            start += size;
        }
        int inBatch = index - start;
        return inBatch >= RecordBatchView.LEADER_EPOCH && inBatch < RecordBatchView.MAGIC;
    }

    private static byte[] apply(byte[] content, Write write) {
        byte[] bytes = write.bytes;
        if (bytes == null) {
            return Arrays.copyOf(content, (int) write.position);
        }
        int end = (int) write.position + bytes.length;
        byte[] next = end > content.length ? Arrays.copyOf(content, end) : content.clone();
        System.arraycopy(bytes, 0, next, (int) write.position, bytes.length);
        return next;
    }

    @Override
    public synchronized DiskFile open(Path file) throws IOException {
        Node node = current.get(file);
        if (node == null) {
            if (!directories.contains(file.getParent())) {
                throw new NoSuchFileException(file.toString());
            }
            changing();
            node = new Node();
            rename(new NameOp(null, file, node));
        }
        return new OpenFile(node, generation);
    }

    private void rename(NameOp op) {
        op.apply(current);
        unsynced.add(op);
    }

    @Override
    public synchronized boolean exists(Path path) {
        return current.containsKey(path) || directories.contains(path);
    }

    @Override
    public synchronized boolean isDirectory(Path path) {
        return directories.contains(path);
    }

    @Override
    public synchronized List<String> list(Path directory) {
        Set<String> names = new TreeSet<>();
        for (Path path : current.keySet()) {
            if (directory.equals(path.getParent())) {
                names.add(path.getFileName().toString());
            }
        }
        for (Path path : directories) {
            if (directory.equals(path.getParent())) {
                names.add(path.getFileName().toString());
            }
        }
        return List.copyOf(names);
    }

    /** Folders are durable at once: what matters to the log is in the files. */
    @Override
    public synchronized void createDirectory(Path directory) throws IOException {
        changing();
        for (Path each = directory; each != null; each = each.getParent()) {
            directories.add(each);
        }
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        changing();
        if (directories.contains(from)) {
            renameDirectory(from, to);
            return;
        }
        Node node = current.get(from);
        if (node == null) {
            throw new NoSuchFileException(from.toString());
        }
        rename(new NameOp(from, to, node));
    }

    private void renameDirectory(Path from, Path to) {
        directories.remove(from);
        directories.add(to);
        current = moved(current, from, to);
        durable = moved(durable, from, to);
        unsynced.replaceAll(
                op -> new NameOp(moved(op.from, from, to), moved(op.to, from, to), op.node));
    }

    private static @Nullable Path moved(@Nullable Path path, Path from, Path to) {
        return path != null && path.startsWith(from) ? to.resolve(from.relativize(path)) : path;
    }

    private static Map<Path, Node> moved(Map<Path, Node> names, Path from, Path to) {
        Map<Path, Node> moved = new TreeMap<>();
        names.forEach(
                (path, node) -> moved.put(Objects.requireNonNull(moved(path, from, to)), node));
        return moved;
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        changing();
        Node node = current.get(path);
        if (node != null) {
            rename(new NameOp(path, null, node));
        } else if (directories.remove(path)) {
            // It is gone for good, so what was in it is too.
            applyUnsynced(path);
        }
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        changing();
        applyUnsynced(directory);
    }

    private void applyUnsynced(Path directory) {
        unsynced.removeIf(
                op -> {
                    if (op.in(directory)) {
                        op.apply(durable);
                        return true;
                    }
                    return false;
                });
    }

    @Override
    public synchronized Closeable lock(Path file) throws IOException {
        if (!locks.add(file)) {
            throw new LockedException(file);
        }
        int lockedIn = generation;
        return () -> {
            synchronized (this) {
                if (lockedIn == generation) {
                    locks.remove(file);
                }
            }
        };
    }

    private final class OpenFile implements DiskFile {
        private final Node node;
        private final int openedIn;
        private boolean closed;

        OpenFile(Node node, int openedIn) {
            this.node = node;
            this.openedIn = openedIn;
        }

        private void requireOpen() throws ClosedChannelException {
            if (closed || openedIn != generation) {
                throw new ClosedChannelException();
            }
        }

        @Override
        public long size() throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                return node.bytes.length;
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                byte[] bytes = new byte[source.remaining()];
                source.get(bytes);
                try {
                    changing();
                } catch (IOException e) {
                    // A full disk takes what fits.
                    record(new Write(position, Arrays.copyOf(bytes, bytes.length / 2)));
                    throw e;
                }
                record(new Write(position, bytes));
            }
        }

        private void record(Write write) {
            node.bytes = apply(node.bytes, write);
            node.pending.add(write);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                int count =
                        (int)
                                Math.max(
                                        0,
                                        Math.min(target.remaining(), node.bytes.length - position));
                target.put(node.bytes, (int) Math.min(position, node.bytes.length), count);
                return count;
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                changing();
                if (size < node.bytes.length) {
                    record(new Write(size, null));
                }
            }
        }

        @Override
        public void extend(long size) throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                changing();
                if (size > node.bytes.length) {
                    record(new Write(size, null));
                }
            }
        }

        @Override
        public void force() throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                try {
                    changing();
                } catch (IOException e) {
                    if (failsOnce) {
                        loseUnforced(node);
                    }
                    throw e;
                }
                node.forced = Objects.requireNonNull(node.bytes).clone();
                node.pending.clear();
            }
        }

        @Override
        public @Nullable FileChannel channel() {
            return null;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
