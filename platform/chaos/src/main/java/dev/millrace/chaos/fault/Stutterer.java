package dev.millrace.chaos.fault;

import dev.millrace.chaos.system.Nodes;

/** Stops and continues a node in turns, on a thread of its own, until it is ended. */
final class Stutterer {
    private final Nodes nodes;
    private final Fault.Stutter stutter;
    private final Thread thread;

    Stutterer(Nodes nodes, Fault.Stutter stutter) {
        this.nodes = nodes;
        this.stutter = stutter;
        this.thread = new Thread(this::run, "stutter-" + stutter.node());
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                nodes.suspend(stutter.node());
                Thread.sleep(stutter.stoppedMs());
                nodes.resume(stutter.node());
                Thread.sleep(stutter.runningMs());
            }
        } catch (InterruptedException e) {
            nodes.resume(stutter.node());
        }
    }

    void end() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
