package dev.millrace.node.demo;

import java.util.Random;

/**
 * Sentences about a river and its mills: few patterns, words of different frequency, different
 * every time.
 */
final class Prose {
    private static final String[] SUBJECTS = {
        "the river",
        "the miller",
        "an old wheel",
        "the stream",
        "a heron",
        "the race",
        "the weir",
        "every stone",
        "the morning",
        "the flour",
        "a cart of grain",
        "the rain",
        "the village"
    };
    private static final String[] VERBS = {
        "turns",
        "carries",
        "follows",
        "waits for",
        "remembers",
        "feeds",
        "crosses",
        "leaves",
        "wakes",
        "counts",
        "fills",
        "passes"
    };
    private static final String[] OBJECTS = {
        "the mill", "the water", "the valley", "its own reflection", "the grain", "another day",
        "the quiet bridge", "the sluice", "the sea", "a sack of barley", "the evening", "the wheel"
    };
    private static final String[] PLACES = {
        "before the rain", "under the bridge", "at the gate", "by the willow", "all night",
        "without a sound", "where the road ends", "in the cold light", "as it always did",
                "once more"
    };

    private Prose() {}

    static String line(Random random) {
        String line =
                pick(SUBJECTS, random) + " " + pick(VERBS, random) + " " + pick(OBJECTS, random);
        if (random.nextInt(3) > 0) {
            line += " " + pick(PLACES, random);
        }
        if (random.nextInt(4) == 0) {
            line +=
                    " and "
                            + pick(SUBJECTS, random)
                            + " "
                            + pick(VERBS, random)
                            + " "
                            + pick(OBJECTS, random);
        }
        return line;
    }

    /** Early words are likelier, as in any language. */
    private static String pick(String[] words, Random random) {
        double skewed = random.nextDouble() * random.nextDouble();
        return words[(int) (skewed * words.length)];
    }
}
