package dev.millrace.chaos.fault;

import dev.millrace.chaos.fault.Fault.Bridge;
import dev.millrace.chaos.fault.Fault.ClockJump;
import dev.millrace.chaos.fault.Fault.FullDisk;
import dev.millrace.chaos.fault.Fault.Isolate;
import dev.millrace.chaos.fault.Fault.Kill;
import dev.millrace.chaos.fault.Fault.KillAll;
import dev.millrace.chaos.fault.Fault.LostLink;
import dev.millrace.chaos.fault.Fault.OneWay;
import dev.millrace.chaos.fault.Fault.Pause;
import dev.millrace.chaos.fault.Fault.PowerLoss;
import dev.millrace.chaos.fault.Fault.PowerLossAll;
import dev.millrace.chaos.fault.Fault.Restart;
import dev.millrace.chaos.fault.Fault.RollingRestart;
import dev.millrace.chaos.fault.Fault.SlowDisk;
import dev.millrace.chaos.fault.Fault.SlowLink;
import dev.millrace.chaos.fault.Fault.Stutter;
import dev.millrace.chaos.place.Clocks;
import dev.millrace.chaos.place.Disks;
import dev.millrace.chaos.place.Network;
import dev.millrace.chaos.system.Nodes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Does the faults of an {@link Episode} and undoes them. One thread. */
public final class Injector {
    private final Nodes nodes;
    private final Network network;
    private final Disks disks;
    private final Clocks clocks;
    private final BooleanSupplier awaitInSync;

    private final Set<Integer> mustRestart = new HashSet<>();
    private List<Integer> startOrder = List.of();
    private int startGapMs;
    private @Nullable Turns stutter;
    private @Nullable Turns stalls;

    /**
     * @param awaitInSync waits, with a bound, until every replica is in sync; whether it came so
     */
    public Injector(
            Nodes nodes, Network network, Disks disks, Clocks clocks, BooleanSupplier awaitInSync) {
        this.nodes = nodes;
        this.network = network;
        this.disks = disks;
        this.clocks = clocks;
        this.awaitInSync = awaitInSync;
    }

    /**
     * The kinds of faults that can be done here.
     *
     * @param betweenNodes whether what passes between nodes can be reached
     * @param flushing whether nodes flush before they acknowledge: what is acknowledged is else
     *     lost with the power of all, as documented
     */
    public List<String> possible(boolean betweenNodes, boolean flushing) {
        List<String> kinds = new ArrayList<>(Fault.kinds());
        if (!disks.canFail()) {
            kinds.removeAll(List.of("full-disk", "slow-disk"));
        }
        if (!disks.canLosePower()) {
            kinds.remove("power-loss");
        }
        if (!disks.canLosePower() || !flushing) {
            kinds.remove("power-loss-all");
        }
        if (!betweenNodes) {
            kinds.removeAll(Fault.BETWEEN_NODES);
        }
        return List.copyOf(kinds);
    }

    public void begin(Fault fault) throws InterruptedException {
        if (fault instanceof Kill kill) {
            nodes.kill(kill.node());
        } else if (fault instanceof KillAll kill) {
            kill.order().forEach(nodes::kill);
            startOrder = kill.order();
            startGapMs = kill.gapMs();
        } else if (fault instanceof Restart restart) {
            nodes.stop(restart.node());
        } else if (fault instanceof RollingRestart rolling) {
            roll(rolling.order());
        } else if (fault instanceof Pause pause) {
            nodes.suspend(pause.node());
        } else if (fault instanceof Stutter one) {
            stutter(one);
        } else if (fault instanceof Isolate isolate) {
            isolate(isolate);
        } else if (fault instanceof OneWay oneWay) {
            for (int other : others(oneWay.node())) {
                if (oneWay.outgoingLost()) {
                    network.cut(oneWay.node(), other);
                } else {
                    network.cut(other, oneWay.node());
                }
            }
        } else if (fault instanceof Bridge bridge) {
            List<Integer> sides = others(bridge.node());
            network.cut(sides.get(0), sides.get(1));
            network.cut(sides.get(1), sides.get(0));
        } else if (fault instanceof LostLink lost) {
            network.cut(lost.from(), lost.to());
        } else if (fault instanceof SlowLink slow) {
            network.slow(slow.node(), slow.kbitPerSecond());
        } else if (fault instanceof FullDisk full) {
            disks.fill(full.node());
            mustRestart.add(full.node());
        } else if (fault instanceof SlowDisk slow) {
            stall(slow);
        } else if (fault instanceof PowerLoss loss) {
            nodes.kill(loss.node());
            disks.losePower(loss.node());
        } else if (fault instanceof PowerLossAll loss) {
            loss.order().forEach(nodes::kill);
            loss.order().forEach(disks::losePower);
            startOrder = loss.order();
            startGapMs = loss.gapMs();
        } else if (fault instanceof ClockJump jump) {
            clocks.shift(jump.node(), jump.byMs());
        } else {
            throw new IllegalArgumentException("nobody knows how to do " + fault);
        }
    }

    /**
     * Undoes everything, and starts what does not run.
     *
     * @return the nodes that had ended by themselves
     */
    public List<Integer> heal() throws InterruptedException {
        if (stutter != null) {
            stutter.end();
            stutter = null;
        }
        if (stalls != null) {
            stalls.end();
            stalls = null;
        }
        network.heal();
        disks.heal();
        clocks.heal();
        for (int node : startOrder) {
            nodes.start(node);
            Thread.sleep(startGapMs);
        }
        startOrder = List.of();
        List<Integer> ended = new ArrayList<>(nodes.heal());
        for (int node : mustRestart) {
            // Whatever it has decided about its disk, it looks again when it starts.
            if (!ended.contains(node)) {
                nodes.kill(node);
                nodes.start(node);
            }
        }
        ended.removeAll(mustRestart);
        mustRestart.clear();
        return ended;
    }

    private void stutter(Stutter fault) {
        if (stutter == null) {
            int node = fault.node();
            stutter =
                    new Turns(
                            "stutter-" + node,
                            () -> nodes.suspend(node),
                            fault.stoppedMs(),
                            () -> nodes.resume(node),
                            fault.runningMs());
        }
    }

    private void stall(SlowDisk fault) {
        if (stalls == null) {
            int node = fault.node();
            stalls =
                    new Turns(
                            "slow-disk-" + node,
                            () -> disks.freeze(node),
                            fault.stalledMs(),
                            () -> disks.thaw(node),
                            fault.movingMs());
        }
    }

    private void isolate(Isolate isolate) {
        List<Integer> others = new ArrayList<>(others(isolate.node()));
        if (isolate.fromClients()) {
            others.add(Network.CLIENTS);
        }
        for (int other : others) {
            network.cut(isolate.node(), other);
            network.cut(other, isolate.node());
        }
    }

    private void roll(List<Integer> order) {
        for (int node : order) {
            nodes.stop(node);
            nodes.start(node);
            if (!awaitInSync.getAsBoolean()) {
                return; // the run's own wait for a whole cluster says what is missing
            }
        }
    }

    private List<Integer> others(int node) {
        return nodes.all().stream().filter(other -> other != node).toList();
    }
}
