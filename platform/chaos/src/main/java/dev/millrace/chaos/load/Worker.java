package dev.millrace.chaos.load;

import dev.millrace.chaos.check.History;
import java.util.Random;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client on a thread of its own. It works in sessions: a client object, until that can go on no
 * longer or has lived long enough; then a new one. What an error leaves open is written down as
 * unknown.
 */
abstract class Worker {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);
    private static final long PAUSE_AFTER_FAILURE_MS = 200;

    final String name;
    final History history;
    final Progress progress;
    final Random random;

    private final Thread thread;
    private volatile boolean stopping;

    Worker(String name, History history, long seed) {
        this.name = name;
        this.history = history;
        this.progress = new Progress(name);
        this.random = new Random(seed ^ name.hashCode());
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Until {@link #stopping}, or until the session is over. */
    abstract void session(int number) throws Exception;

    private void run() {
        for (int number = 0; !stopping; number++) {
            try {
                session(number);
            } catch (InterruptException | InterruptedException e) {
                return;
            } catch (Exception e) {
                log.info("{} begins again after {}", name, e.toString());
                try {
                    Thread.sleep(PAUSE_AFTER_FAILURE_MS);
                } catch (InterruptedException again) {
                    return;
                }
            }
        }
    }

    boolean stopping() {
        return stopping;
    }

    Progress progress() {
        return progress;
    }

    void start() {
        thread.start();
    }

    void askToStop() {
        stopping = true;
    }

    void interrupt() {
        stopping = true;
        thread.interrupt();
    }

    /** Whether it has ended in time; it is interrupted if not. */
    boolean awaitEnd(long ms) throws InterruptedException {
        thread.join(ms);
        if (!thread.isAlive()) {
            return true;
        }
        thread.interrupt();
        thread.join(ms);
        return false;
    }
}
