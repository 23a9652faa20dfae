package dev.millrace.examples.wordcount;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/**
 * A text of about a megabyte that is the same everywhere: sentences of made-up words whose
 * frequencies fall as in a natural language (the n-th most frequent one comes 1/n as often as the
 * first), with capitals, commas and full stops, one sentence per line.
 */
public final class SampleText {
    private static final long SEED = 1851;
    private static final int VOCABULARY = 8_000;
    private static final int SENTENCES = 14_000;
    private static final String[] FREQUENT = {
        "the", "of", "and", "a", "to", "in", "that", "his", "it", "he", "but", "was", "with", "as",
        "is", "for", "all", "this", "at", "by", "not", "from", "him", "so", "on", "be", "whale",
        "you", "one", "there", "sea", "ship", "or", "now", "were", "which", "then", "some", "when",
        "an"
    };
    private static final String[] ONSETS = {
        "b", "br", "c", "ch", "d", "f", "fl", "g", "gr", "h", "l", "m", "n", "p", "qu", "r", "s",
        "sh", "st", "t", "th", "tr", "v", "w"
    };
    private static final String[] NUCLEI = {"a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou"};
    private static final String[] CODAS = {
        "", "", "d", "l", "ll", "m", "n", "nd", "ng", "r", "s", "st", "t", "ck"
    };

    private SampleText() {}

    /** The sentences in order. */
    public static List<String> lines() {
        return lines(SENTENCES);
    }

    /** The first sentences. */
    public static List<String> lines(int sentences) {
        Random random = new Random(SEED);
        List<String> words = vocabulary(random);
        double[] cumulated = new double[VOCABULARY];
        double sum = 0;
        for (int rank = 0; rank < VOCABULARY; rank++) {
            sum += 1.0 / (rank + 1);
            cumulated[rank] = sum;
        }
        List<String> lines = new ArrayList<>(sentences);
        for (int i = 0; i < sentences; i++) {
            lines.add(sentence(words, cumulated, random));
        }
        return lines;
    }

    private static String sentence(List<String> words, double[] cumulated, Random random) {
        StringBuilder line = new StringBuilder();
        int length = 5 + random.nextInt(18);
        for (int i = 0; i < length; i++) {
            String word = words.get(rank(cumulated, random));
            if (i == 0) {
                line.append(word.substring(0, 1).toUpperCase(Locale.ROOT))
                        .append(word.substring(1));
            } else {
                line.append(random.nextInt(9) == 0 ? ", " : " ").append(word);
            }
        }
        return line.append(random.nextInt(12) == 0 ? "!" : ".").toString();
    }

    private static int rank(double[] cumulated, Random random) {
        double drawn = random.nextDouble() * cumulated[cumulated.length - 1];
        int low = 0;
        int high = cumulated.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (cumulated[middle] < drawn) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static List<String> vocabulary(Random random) {
        List<String> words = new ArrayList<>(List.of(FREQUENT));
        Set<String> known = new HashSet<>(words);
        while (words.size() < VOCABULARY) {
            StringBuilder word = new StringBuilder();
            for (int syllables = 1 + random.nextInt(3); syllables > 0; syllables--) {
                word.append(pick(ONSETS, random))
                        .append(pick(NUCLEI, random))
                        .append(pick(CODAS, random));
            }
            if (known.add(word.toString())) {
                words.add(word.toString());
            }
        }
        return words;
    }

    private static String pick(String[] from, Random random) {
        return from[random.nextInt(from.length)];
    }
}
