package dev.millrace.connect;

import dev.millrace.connect.plugin.Plugin;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task and the thread that owns it. Other threads only signal it. */
abstract class WorkerTask {
    private static final Logger log = LoggerFactory.getLogger(WorkerTask.class);

    protected final TaskId id;
    protected final CountDownLatch stopping;
    private final ClassLoader loader;
    private final Thread thread;
    private volatile Status status = Status.of(Status.State.UNASSIGNED);
    private volatile boolean paused;

    /**
     * @param loader of the connector's plugin
     * @param stopping counted down when the task is to end
     */
    WorkerTask(TaskId id, ClassLoader loader, CountDownLatch stopping) {
        this.id = id;
        this.loader = loader;
        this.stopping = stopping;
        this.thread = new Thread(this::run, "connect-task-" + id);
    }

    /** The whole life of the task, from its start to the release of all it holds. */
    protected abstract void execute() throws Exception;

    /** Called by other threads when a waiting task should look at its signals. */
    protected abstract void wakeup();

    /** Called by another thread when the task did not stop in time: unblock whatever blocks it. */
    protected abstract void abandon();

    final void start() {
        thread.start();
    }

    final void requestStop() {
        stopping.countDown();
        wakeup();
    }

    final void pause(boolean pause) {
        paused = pause;
        wakeup();
    }

    /**
     * @return whether the task has ended within the time
     */
    final boolean awaitEnd(long timeoutMs) throws InterruptedException {
        thread.join(Math.max(1, timeoutMs));
        if (thread.isAlive()) {
            log.warn("{} did not stop in time, its last offsets may not be committed", id);
            abandon();
            thread.interrupt();
            return false;
        }
        return true;
    }

    final Status status() {
        return status;
    }

    protected final boolean isStopping() {
        return stopping.getCount() == 0;
    }

    protected final boolean shouldPause() {
        return paused;
    }

    protected final void became(Status.State state) {
        if (status.state() != state) {
            status = Status.of(state);
        }
    }

    private void run() {
        Plugin.Swap swap = Plugin.Swap.to(loader);
        try {
            execute();
            status = Status.of(Status.State.STOPPED);
        } catch (Throwable e) { // a plugin may throw anything; the worker must survive it
            if (isStopping() && e instanceof InterruptedException) {
                status = Status.of(Status.State.STOPPED);
                return;
            }
            log.error("{} failed and ends", id, e);
            status = Status.failed(e);
        } finally {
            swap.close();
        }
    }
}
