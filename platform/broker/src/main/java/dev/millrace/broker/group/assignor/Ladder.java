package dev.millrace.broker.group.assignor;

import java.util.Comparator;
import java.util.List;

/**
 * The subscribers of a topic, sorted by load. From the left, those with the smallest load take
 * partitions and climb; from the right, those with the largest give and descend. Both go level by
 * level, so that finding the next one costs nothing.
 *
 * <pre>
 *  load                          giving
 *   5                          [ # # ] #   &lt;- has nothing of this topic to give
 *   4   taking                 [ # # ] #
 *   3  [ . .-&gt;    ]  #  #  #  #[ # # ] #
 *   2  [ # # #  # ]  #  #  #  #[ # # ] #
 *        0      lowEnd        highStart highEnd
 * </pre>
 *
 * The caller moves the partitions; the loads it changes are read again here.
 */
final class Ladder {
    static final int NOBODY = -1;

    /** Of all members; the caller's. */
    private final int[] loads;

    private final int[] order;

    private int lowEnd;
    private int lowLevel;
    private int lowNext;
    private int highStart;
    private int highEnd;
    private int highLevel;
    private int highNext;

    /**
     * @param subscribers at least one
     */
    Ladder(List<Integer> subscribers, int[] loads) {
        this.loads = loads;
        this.order =
                subscribers.stream()
                        .sorted(
                                Comparator.comparingInt((Integer member) -> loads[member])
                                        .thenComparing(Comparator.naturalOrder()))
                        .mapToInt(Integer::intValue)
                        .toArray();
        lowLevel = loads[order[0]] - 1;
        highStart = order.length;
        highEnd = order.length;
        highLevel = loads[order[order.length - 1]] + 1;
        highNext = order.length - 1;
    }

    /** Largest load less the smallest, at the beginning. */
    int spread() {
        return loads[order[order.length - 1]] - loads[order[0]];
    }

    /** Moving one more partition would not make loads more even. */
    boolean isLevel() {
        return highLevel - lowLevel <= 1;
    }

    /** Who takes the next partition. */
    int nextLowest() {
        if (lowNext >= lowEnd) {
            lowLevel++;
            while (lowEnd < order.length && loads[order[lowEnd]] == lowLevel) {
                lowEnd++;
            }
            lowNext = 0;
        }
        return order[lowNext++];
    }

    /** Who gives the next partition, {@link #NOBODY} if nobody is left. */
    int nextHighest() {
        if (highNext < highStart) {
            if (highEnd <= highStart && highStart > 0) {
                // Everybody on this level was taken out: the next one down begins afresh.
                highLevel = loads[order[highStart - 1]];
            } else {
                highLevel--;
            }
            while (highStart > 0 && loads[order[highStart - 1]] == highLevel) {
                highStart--;
            }
            highNext = highEnd - 1;
        }
        return highNext < 0 ? NOBODY : order[highNext--];
    }

    /** Takes out whom {@link #nextHighest} named last. */
    void hasNothingToGive() {
        int at = highNext + 1;
        int member = order[at];
        order[at] = order[highEnd - 1];
        order[highEnd - 1] = member;
        highEnd--;
    }
}
