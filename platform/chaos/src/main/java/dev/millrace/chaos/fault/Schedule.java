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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Episodes without end, drawn from a seed: the same seed and kinds give the same episodes, however
 * long each run takes over them. Every kind comes once before any comes again.
 */
public final class Schedule {
    private static final int NODES = 3;
    private static final int SECOND_FAULT_ONE_IN = 3;
    private static final int SHORTEST_MS = 1_000;

    /** What an episode lasts at most, if nothing else is asked for. */
    public static final int LONGEST_MS = 15_000;

    private final Random random;
    private final List<String> kinds;
    private final List<String> deck = new ArrayList<>();
    private final int longestMs;

    /** With episodes of up to {@link #LONGEST_MS}. */
    public Schedule(long seed, List<String> kinds) {
        this(seed, kinds, LONGEST_MS);
    }

    /**
     * @param kinds which of {@link Fault#kinds()} may come
     * @param longestMs of an episode; the faults do not depend on it
     */
    public Schedule(long seed, List<String> kinds, int longestMs) {
        if (longestMs < SHORTEST_MS) {
            throw new IllegalArgumentException(
                    "an episode lasts at least " + SHORTEST_MS + " ms, not " + longestMs);
        }
        if (kinds.isEmpty() || !Fault.kinds().containsAll(kinds)) {
            throw new IllegalArgumentException(
                    "faults are some of " + Fault.kinds() + ", not " + kinds);
        }
        this.random = new Random(seed);
        this.kinds = List.copyOf(kinds);
        this.longestMs = longestMs;
    }

    public Episode next() {
        if (deck.isEmpty()) {
            deck.addAll(kinds);
            Collections.shuffle(deck, random);
        }
        List<Fault> faults = new ArrayList<>();
        faults.add(draw(deck.remove(deck.size() - 1)));
        // A rolling restart waits for replicas in sync; anything beside it would only be its delay.
        if (random.nextInt(SECOND_FAULT_ONE_IN) == 0
                && !(faults.get(0) instanceof RollingRestart)) {
            Fault second = draw(kinds.get(random.nextInt(kinds.size())));
            if (!(second instanceof RollingRestart)) {
                faults.add(second);
            }
        }
        return new Episode(
                List.copyOf(faults),
                between(0, 3_000),
                lasting(between(SHORTEST_MS, LONGEST_MS)),
                between(1_000, 4_000));
    }

    private int lasting(int drawnMs) {
        long share = (long) (drawnMs - SHORTEST_MS) * (longestMs - SHORTEST_MS);
        return SHORTEST_MS + (int) (share / (LONGEST_MS - SHORTEST_MS));
    }

    private Fault draw(String kind) {
        int node = between(1, NODES);
        return switch (kind) {
            case "kill" -> new Kill(node);
            case "kill-all" -> new KillAll(order(), between(0, 3_000));
            case "restart" -> new Restart(node);
            case "rolling-restart" -> new RollingRestart(order());
            case "pause" -> new Pause(node);
            case "stutter" -> new Stutter(node, between(100, 900), between(30, 200));
            case "isolate" -> new Isolate(node, random.nextBoolean());
            case "one-way" -> new OneWay(node, random.nextBoolean());
            case "bridge" -> new Bridge(node);
            case "lost-link" -> new LostLink(node, (node - 1 + between(1, NODES - 1)) % NODES + 1);
            case "slow-link" -> new SlowLink(node, between(64, 512));
            case "full-disk" -> new FullDisk(node);
            case "slow-disk" -> new SlowDisk(node, between(50, 800), between(20, 300));
            case "power-loss" -> new PowerLoss(node);
            case "power-loss-all" -> new PowerLossAll(order(), between(0, 3_000));
            case "clock-jump" ->
                    new ClockJump(
                            node, (random.nextBoolean() ? 1_000L : -1_000L) * between(1, 3_600));
            default -> throw new IllegalArgumentException("no fault is called " + kind);
        };
    }

    private List<Integer> order() {
        List<Integer> order = new ArrayList<>(List.of(1, 2, 3));
        Collections.shuffle(order, random);
        return List.copyOf(order);
    }

    /** Both included. */
    private int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }
}
