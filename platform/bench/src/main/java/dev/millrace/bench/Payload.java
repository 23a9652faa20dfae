package dev.millrace.bench;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Values that compress about as text does: the same for every run. One thread. */
final class Payload {
    private static final int VARIANTS = 1024;

    private final byte[][] values = new byte[VARIANTS][];
    private int next;

    Payload(int bytes) {
        Random random = new Random(42);
        String[] words =
                "river mill wheel stone grain water flour weir sluice race gate stream".split(" ");
        for (int v = 0; v < VARIANTS; v++) {
            StringBuilder text = new StringBuilder();
            while (text.length() < bytes) {
                text.append(words[random.nextInt(words.length)])
                        .append(random.nextInt(100))
                        .append(' ');
            }
            values[v] = text.substring(0, bytes).getBytes(StandardCharsets.US_ASCII);
        }
    }

    byte[] next() {
        next = (next + 1) % VARIANTS;
        return values[next];
    }
}
