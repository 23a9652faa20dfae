package dev.millrace.chaos.fault;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Something done to the cluster, for a while. Nodes are 1, 2, 3. */
public sealed interface Fault {
    /** The word for it on the command line and in reports. */
    default String kind() {
        String name = getClass().getSimpleName();
        return name.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    /** SIGKILL; started again at the end. */
    record Kill(int node) implements Fault {}

    /** SIGKILL to all at once; started again in this order, {@code gapMs} after each other. */
    record KillAll(List<Integer> order, int gapMs) implements Fault {}

    /** SIGTERM; started again at the end. */
    record Restart(int node) implements Fault {}

    /** Each node in turn is restarted, the next when the replicas of the last are in sync again. */
    record RollingRestart(List<Integer> order) implements Fault {}

    /** SIGSTOP, SIGCONT at the end. */
    record Pause(int node) implements Fault {}

    /** SIGSTOP most of the time, in slices: a node that is up and too slow. */
    record Stutter(int node, int stoppedMs, int runningMs) implements Fault {}

    /** The node sees nobody and nobody sees it; clients see it, unless they are cut off too. */
    record Isolate(int node, boolean fromClients) implements Fault {}

    /** What the node sends is lost, what is sent to it arrives; or the other way round. */
    record OneWay(int node, boolean outgoingLost) implements Fault {}

    /** The other two see the node, but not each other. */
    record Bridge(int node) implements Fault {}

    /** A link from one node to one other, in one direction. */
    record LostLink(int from, int to) implements Fault {}

    /** Everything the node sends and gets passes at this rate. */
    record SlowLink(int node, int kbitPerSecond) implements Fault {}

    /** No byte is free on the node's disk. The node is started again at the end. */
    record FullDisk(int node) implements Fault {}

    /** Every write and flush of the node waits most of the time, in slices: a disk that stalls. */
    record SlowDisk(int node, int stalledMs, int movingMs) implements Fault {}

    /** SIGKILL, and what the node has not flushed is lost; started again at the end. */
    record PowerLoss(int node) implements Fault {}

    /** The same to all at once; started again in this order, {@code gapMs} after each other. */
    record PowerLossAll(List<Integer> order, int gapMs) implements Fault {}

    /** The node's wall clock is wrong by this much; it jumps back at the end. */
    record ClockJump(int node, long byMs) implements Fault {}

    /** Of the kinds, those that are done to what passes between nodes. */
    List<String> BETWEEN_NODES = List.of("isolate", "one-way", "bridge", "lost-link", "slow-link");

    /** The kinds there are, for choosing among them. */
    static List<String> kinds() {
        return java.util.Arrays.stream(Fault.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .map(name -> name.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT))
                .collect(Collectors.toList());
    }
}
