package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.LockException;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.processor.TaskId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Local state of an application.
 *
 * <pre>
 * &lt;state.dir&gt;/&lt;application.id&gt;/
 *   .lock                 held by the process that uses the directory
 *   process-id            a UUID that outlives the process: its tasks come back to their state
 *   0_3/                  task: sub-topology 0, partition 3
 *     .checkpoint
 *     rocksdb/&lt;store&gt;/
 * </pre>
 */
public final class StateDirectory {
    private static final String LOCK_FILE = ".lock";
    private static final String PROCESS_ID_FILE = "process-id";

    private final Path root;
    private final Map<TaskId, Thread> owners = new ConcurrentHashMap<>();

    /** Of tasks that are open: checkpoints lag behind. */
    private final Map<TaskId, Long> positions = new ConcurrentHashMap<>();

    private @Nullable FileChannel channel;
    private @Nullable FileLock lock;

    public StateDirectory(Path root) {
        this.root = root;
    }

    /** Takes the directory for this process; its id. */
    public synchronized UUID lock() {
        try {
            Files.createDirectories(root);
            channel =
                    FileChannel.open(
                            root.resolve(LOCK_FILE),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null; // another instance in this very process
        } catch (IOException e) {
            throw new LockException("Cannot use the state directory " + root, e);
        }
        if (lock == null) {
            unlock();
            throw new StreamsException(
                    "The state directory "
                            + root
                            + " is in use by another instance of this application."
                            + " Give each instance on a machine its own state.dir.");
        }
        return processId();
    }

    private UUID processId() {
        Path file = root.resolve(PROCESS_ID_FILE);
        try {
            if (Files.exists(file)) {
                try {
                    return UUID.fromString(Files.readString(file).trim());
                } catch (IllegalArgumentException e) {
                    Files.delete(file); // torn by a crash: a new id costs only stickiness
                }
            }
            UUID fresh = UUID.randomUUID();
            Files.writeString(file, fresh.toString());
            return fresh;
        } catch (IOException e) {
            throw new StreamsException("Cannot use " + file, e);
        }
    }

    public synchronized void unlock() {
        try {
            if (lock != null) {
                lock.release();
            }
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new StreamsException("Cannot unlock the state directory " + root, e);
        } finally {
            lock = null;
            channel = null;
        }
    }

    Path task(TaskId id) {
        return root.resolve(id.toString());
    }

    /** Between threads of this process: a task is closed by one before another opens it. */
    boolean own(TaskId id) {
        Thread owner = owners.putIfAbsent(id, Thread.currentThread());
        return owner == null || owner == Thread.currentThread();
    }

    void release(TaskId id) {
        if (owners.remove(id, Thread.currentThread())) {
            positions.remove(id);
        }
    }

    /** By the owner, how many changelog records the stores hold: the sum of their offsets. */
    void report(TaskId id, long offsetSum) {
        positions.put(id, offsetSum);
    }

    /** Tasks that have state here, and how many changelog records it holds. */
    Map<TaskId, Long> storedTasks(boolean exactlyOnce) {
        Map<TaskId, Long> stored = new TreeMap<>();
        for (TaskId id : tasksWithState()) {
            long sum = 0;
            for (long offset : new CheckpointFile(task(id), exactlyOnce).read().values()) {
                sum += offset;
            }
            stored.put(id, sum);
        }
        stored.putAll(positions);
        return stored;
    }

    /** Tasks whose persistent stores have a checkpoint here. */
    Set<TaskId> tasksWithState() {
        Set<TaskId> tasks = new TreeSet<>();
        if (!Files.isDirectory(root)) {
            return tasks;
        }
        try (Stream<Path> children = Files.list(root)) {
            children.filter(child -> Files.exists(child.resolve(".checkpoint")))
                    .map(child -> child.getFileName().toString())
                    .filter(name -> name.matches("[0-9]+_[0-9]+"))
                    .forEach(name -> tasks.add(TaskId.parse(name)));
            return tasks;
        } catch (IOException e) {
            throw new StreamsException("Cannot list the state directory " + root, e);
        }
    }

    void deleteStore(TaskId id, String store) {
        delete(task(id).resolve("rocksdb").resolve(store));
    }

    /** Deletes all local state. */
    public void clean() {
        if (!Files.isDirectory(root)) {
            return;
        }
        try (Stream<Path> children = Files.list(root)) {
            children.filter(child -> !child.getFileName().toString().equals(LOCK_FILE))
                    .forEach(StateDirectory::delete);
        } catch (IOException e) {
            throw new StreamsException("Cannot clean the state directory " + root, e);
        }
    }

    private static void delete(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new StreamsException("Cannot delete " + path, e);
        }
    }
}
