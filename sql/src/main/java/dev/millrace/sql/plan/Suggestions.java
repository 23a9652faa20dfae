package dev.millrace.sql.plan;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The name that was probably meant. */
public final class Suggestions {
    private Suggestions() {}

    /** The complaint about a relation that is not there. */
    public static String noRelation(String name, Collection<String> names) {
        String near = nearest(name, names);
        return "no topic or relation "
                + name
                + (near == null
                        ? "; SHOW TOPICS lists what is there"
                        : "; did you mean " + near + "?");
    }

    /** The closest name, if it is close enough to be what was meant: a third of it may differ. */
    public static @Nullable String nearest(String name, Collection<String> names) {
        String best = null;
        int bestDistance = Math.max(1, (name.length() + 1) / 3) + 1;
        for (String candidate : names) {
            int distance =
                    distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Levenshtein's, with two neighbours changed round counted once. */
    private static int distance(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(last[j - 1] + same, 1 + Math.min(last[j], row[j - 1]));
                boolean swapped =
                        i > 1
                                && j > 1
                                && a.charAt(i - 1) == b.charAt(j - 2)
                                && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            int[] free = beforeLast;
            beforeLast = last;
            last = row;
            row = free;
        }
        return last[b.length()];
    }
}
