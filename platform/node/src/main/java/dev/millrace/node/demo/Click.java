package dev.millrace.node.demo;

import java.util.Random;

/**
 * A visit of a page of a small shop.
 *
 * @param ms how long the page took to show
 */
record Click(String user, String page, String country, int ms, double basket) {
    private static final String[] USERS = {
        "ada",
        "grace",
        "linus",
        "barbara",
        "edsger",
        "margaret",
        "donald",
        "katherine",
        "alan",
        "hedy"
    };
    private static final String[] PAGES = {
        "/", "/search", "/bread", "/flour", "/basket", "/checkout", "/help", "/mill-tour"
    };
    private static final String[] COUNTRIES = {"DE", "FR", "NL", "PL", "SE", "PT"};

    static Click next(Random random) {
        String page = PAGES[(int) (random.nextDouble() * random.nextDouble() * PAGES.length)];
        double basket =
                page.equals("/checkout") ? Math.round(random.nextDouble() * 9000) / 100.0 : 0;
        return new Click(
                USERS[(int) (random.nextDouble() * random.nextDouble() * USERS.length)],
                page,
                COUNTRIES[random.nextInt(COUNTRIES.length)],
                (int) Math.exp(3 + random.nextGaussian() * 0.7),
                basket);
    }

    /** No text here needs escaping. */
    String json() {
        return "{\"user\":\""
                + user
                + "\",\"page\":\""
                + page
                + "\",\"country\":\""
                + country
                + "\",\"ms\":"
                + ms
                + ",\"basket\":"
                + basket
                + "}";
    }
}
