package dev.millrace.chaos.fault;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Does one thing and the other in turns, on a thread of its own, until it is ended. */
final class Turns {
    private final Runnable one;
    private final int oneMs;
    private final Runnable other;
    private final int otherMs;

    /** Not an interrupt: that would hit a command half way. */
    private final CountDownLatch ending = new CountDownLatch(1);

    private final Thread thread;

    /** Begins with {@code one}, which then lasts {@code oneMs}; ends with {@code other}. */
    Turns(String name, Runnable one, int oneMs, Runnable other, int otherMs) {
        this.one = one;
        this.oneMs = oneMs;
        this.other = other;
        this.otherMs = otherMs;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            boolean over = false;
            while (!over) {
                one.run();
                over = ending.await(oneMs, TimeUnit.MILLISECONDS);
                other.run();
                over = over || ending.await(otherMs, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            other.run();
        }
    }

    void end() throws InterruptedException {
        ending.countDown();
        thread.join();
    }
}
