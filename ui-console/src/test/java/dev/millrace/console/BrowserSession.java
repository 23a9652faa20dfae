package dev.millrace.console;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.AxeResults;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Chromium with one page at a time. What the page complains about on its console is collected: a
 * test that ends with complaints has failed.
 */
final class BrowserSession implements AutoCloseable {
    private final Playwright playwright;
    private final Browser browser;
    private final List<String> complaints = new ArrayList<>();

    private BrowserSession(Playwright playwright, Browser browser) {
        this.playwright = playwright;
        this.browser = browser;
    }

    static BrowserSession start() {
        Path chromium = chromium();
        Playwright playwright =
                Playwright.create(
                        new Playwright.CreateOptions()
                                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        Browser browser =
                playwright
                        .chromium()
                        .launch(
                                new BrowserType.LaunchOptions()
                                        .setExecutablePath(chromium)
                                        .setArgs(
                                                List.of(
                                                        "--no-sandbox",
                                                        "--disable-gpu",
                                                        "--disable-quic",
                                                        "--no-first-run",
                                                        "--disable-background-networking",
                                                        "--disable-component-update",
                                                        "--disable-sync")));
        return new BrowserSession(playwright, browser);
    }

    Page open(String url, ColorScheme colours) {
        BrowserContext context =
                browser.newContext(
                        new Browser.NewContextOptions()
                                .setViewportSize(1280, 800)
                                .setColorScheme(colours));
        Page page = context.newPage();
        page.setDefaultTimeout(15_000);
        page.onConsoleMessage(
                message -> {
                    if (message.type().equals("error") || message.type().equals("warning")) {
                        complaints.add(message.text() + " at " + message.location());
                    }
                });
        page.onPageError(complaints::add);
        page.navigate(url);
        return page;
    }

    /** What was complained about since the last time this was asked. */
    List<String> complaints() {
        List<String> said = List.copyOf(complaints);
        complaints.clear();
        return said;
    }

    /** Violations of accessibility rules, WCAG 2.2 AA and best practice, with where they are. */
    static List<String> violations(Page page) {
        AxeResults results = new AxeBuilder(page).analyze();
        List<String> violations = new ArrayList<>();
        for (Rule rule : results.getViolations()) {
            rule.getNodes()
                    .forEach(
                            node ->
                                    violations.add(
                                            rule.getId()
                                                    + ": "
                                                    + rule.getHelp()
                                                    + " "
                                                    + node.getTarget()
                                                    + " "
                                                    + node.getFailureSummary()));
        }
        return violations;
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }

    /** The property {@code chromium}, or what the search path has. */
    private static Path chromium() {
        String given = System.getProperty("chromium");
        Stream<Path> candidates =
                given != null
                        ? Stream.of(Path.of(given))
                        : Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                                .flatMap(
                                        dir ->
                                                Stream.of(
                                                                "chromium",
                                                                "chromium-browser",
                                                                "google-chrome")
                                                        .map(name -> Path.of(dir, name)));
        return candidates
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "no Chromium"
                                                + (given == null ? " on the PATH" : " at " + given)
                                                + ": install one (Debian: apt-get install chromium"
                                                + " fonts-inter) or pass"
                                                + " -Dchromium=/path/to/chromium"));
    }
}
