package dev.millrace.chaos.fault;

/** Does one thing and the other in turns, on a thread of its own, until it is ended. */
final class Turns {
    private final Runnable one;
    private final int oneMs;
    private final Runnable other;
    private final int otherMs;
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
            while (true) {
                one.run();
                Thread.sleep(oneMs);
                other.run();
                Thread.sleep(otherMs);
            }
        } catch (InterruptedException e) {
            other.run();
        }
    }

    void end() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
