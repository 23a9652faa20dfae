package dev.millrace.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page in a real browser, on a real broker. Pictures of every screen go to target/screens. */
class ConsoleBrowserIT {
    private static final List<String> CITIES =
            List.of("Aarhus", "Basel", "Cork", "Delft", "Évora", "Ghent", "Graz", "Lund");

    private static final SqlFixture SQL = new SqlFixture();
    private static ConsoleServer server;
    private static BrowserSession browser;
    private static ScheduledExecutorService traffic;
    private static String orders;
    private static String counts;
    private static String group;

    @BeforeAll
    static void start() {
        server =
                ConsoleServer.startWithSql(
                        (router, vertx, bootstrapServers) -> {
                            SQL.mount(router, vertx);
                            return () -> {};
                        });
        orders = server.newTopic("orders", 3);
        counts = server.newTopic("city_counts", 1, Map.of("cleanup.policy", "compact"));
        server.newTopic("quiet", 1);
        group = orders + "_billing";
        ConsoleServer.get(
                server.admin()
                        .alterConsumerGroupOffsets(
                                group,
                                Map.of(
                                        new TopicPartition(orders, 0), new OffsetAndMetadata(20),
                                        new TopicPartition(orders, 1), new OffsetAndMetadata(35)))
                        .all()
                        .toCompletionStage()
                        .toCompletableFuture());
        for (int i = 0; i < 400; i++) {
            server.send(orders, "customer-" + i % 40, order(i));
        }
        server.flush();
        AtomicInteger next = new AtomicInteger(400);
        traffic = Executors.newSingleThreadScheduledExecutor();
        traffic.scheduleAtFixedRate(
                () -> {
                    int n = next.getAndIncrement();
                    server.send(orders, "customer-" + n % 40, order(n));
                    server.send(counts, CITIES.get(n % CITIES.size()), String.valueOf(n / 8));
                },
                0,
                40,
                TimeUnit.MILLISECONDS);
        browser = BrowserSession.start();
        PlaywrightAssertions.setDefaultAssertionTimeout(15_000);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (traffic != null) {
            traffic.shutdown();
            traffic.awaitTermination(5, TimeUnit.SECONDS);
        }
        if (browser != null) {
            browser.close();
        }
        server.close();
    }

    @AfterEach
    void the_page_had_nothing_to_complain_about() {
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void topics_show_counts_and_rates_that_move() {
        Page page = open("/topics?q=" + orders);
        Locator row = page.locator("[data-topic='" + orders + "']");
        assertThat(row).isVisible();
        Locator records = row.locator("[data-column=records]");
        String before = records.textContent();

        assertThat(records).not().hasText(before);
        assertThat(row.locator("[data-column=rate]")).hasText(Pattern.compile("[1-9].*"));
        page.context().close();
    }

    @Test
    void topics_are_found_by_a_few_letters_and_opened_with_the_keyboard() {
        Page page = open("/topics");
        page.getByLabel("Search topics").fill(orders.substring(0, orders.length() - 1));
        assertThat(page.getByRole(AriaRole.GRID).getByRole(AriaRole.LINK)).hasCount(1);
        assertThat(page).hasURL(Pattern.compile("q=orders"));

        page.getByRole(AriaRole.GRID).focus();
        page.keyboard().press("ArrowDown");
        page.keyboard().press("Enter");

        assertThat(page).hasURL(Pattern.compile("/topics/" + orders + "/messages"));
        assertThat(page).hasTitle(Pattern.compile(orders));
        page.context().close();
    }

    @Test
    void the_palette_leads_to_any_topic() {
        Page page = open("/sql");
        assertThat(
                        page.getByRole(AriaRole.STATUS)
                                .filter(new Locator.FilterOptions().setHasText("Live")))
                .isVisible();
        page.keyboard().press("Control+k");
        page.getByRole(
                        AriaRole.COMBOBOX,
                        new Page.GetByRoleOptions().setName("Go to topic or screen"))
                .fill(counts);
        assertThat(page.getByRole(AriaRole.OPTION)).hasCount(1);
        page.keyboard().press("Enter");
        assertThat(page).hasURL(Pattern.compile("/topics/" + counts));
        page.context().close();
    }

    @Test
    void messages_show_history_and_then_what_arrives() {
        Page page = open("/topics/" + orders + "/messages");
        Locator newest = page.locator(".messages .grid-body .row").first();
        assertThat(newest).isVisible();
        String first = newest.textContent();

        assertThat(newest).not().hasText(first);
        assertThat(page.locator(".state-live").last()).hasText("Live");
        page.context().close();
    }

    @Test
    void a_paused_tail_stands_still_and_catches_up() {
        Page page = open("/topics/" + orders + "/messages");
        assertThat(page.locator(".toolbar .state-live")).isVisible();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Pause")).click();
        assertThat(page.locator(".toolbar .state-paused")).isVisible();
        Locator newest = page.locator(".messages .grid-body .row").first();
        String still = newest.textContent();
        assertThat(page.getByText(Pattern.compile("\\d+ waiting"))).isVisible();
        assertThat(newest).hasText(still);

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Resume")).click();
        assertThat(newest).not().hasText(still);
        page.context().close();
    }

    @Test
    void a_message_opens_as_pretty_raw_and_hex_and_has_an_address() {
        Page page = open("/topics/" + orders + "/messages?from=beginning&partition=0");
        page.locator(".messages .grid-body .row").first().click();
        Locator pane =
                page.getByRole(
                        AriaRole.COMPLEMENTARY, new Page.GetByRoleOptions().setName("Message"));
        assertThat(pane.getByLabel("Value, pretty")).containsText("\"amount\": ");
        pane.getByRole(AriaRole.GROUP, new Locator.GetByRoleOptions().setName("Value as"))
                .getByText("hex")
                .click();
        assertThat(pane.getByLabel("Value, hex")).containsText("00000000  7b 22");

        page.reload();

        assertThat(pane).containsText("Offset 0");
        page.keyboard().press("Tab");
        page.getByRole(AriaRole.GRID).focus();
        page.keyboard().press("ArrowDown");
        assertThat(pane).containsText("Offset 1");
        page.keyboard().press("Escape");
        assertThat(pane).not().isVisible();
        page.context().close();
    }

    @Test
    void messages_begin_where_asked_and_load_on_while_scrolling() {
        Page page = open("/topics/" + orders + "/messages?from=beginning");
        Locator grid = page.getByRole(AriaRole.GRID);
        assertThat(grid).hasAttribute("aria-rowcount", Pattern.compile("20[0-9]"));
        grid.evaluate("element => element.scrollTop = element.scrollHeight");
        assertThat(grid).hasAttribute("aria-rowcount", Pattern.compile("[34]\\d\\d"));

        page.getByLabel("From").selectOption("offset");
        page.getByRole(AriaRole.SPINBUTTON).fill("5");
        page.getByRole(AriaRole.SPINBUTTON).press("Enter");
        page.locator(".toolbar").getByLabel("Partition").first().selectOption("1");
        assertThat(page)
                .hasURL(
                        Pattern.compile(
                                "from=offset&partition=1&offset=5|from=offset&offset=5&partition=1"));
        assertThat(page.locator(".messages .grid-body .row").first()).containsText("15customer");
        page.context().close();
    }

    @Test
    void a_produced_message_appears() {
        String topic = server.newTopic("by_hand", 1);
        Page page = open("/topics/" + topic + "/messages");
        assertThat(page.getByText("No messages yet")).isVisible();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Produce")).click();
        Locator dialog = page.getByRole(AriaRole.DIALOG);
        dialog.getByLabel(Pattern.compile("^Key")).fill("k1");
        dialog.getByLabel("Value", new Locator.GetByLabelOptions().setExact(true))
                .fill("{\"n\":1}");
        dialog.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Produce"))
                .click();
        assertThat(dialog.getByRole(AriaRole.STATUS)).containsText("partition 0 at offset 0");
        page.keyboard().press("Escape");

        assertThat(page.locator(".messages .grid-body .row").first()).containsText("{\"n\":1}");
        page.context().close();
    }

    @Test
    void a_table_changes_in_place() {
        Page page = open("/topics/" + counts + "/table");
        Locator rows = page.locator(".keyed .grid-body .row");
        assertThat(rows).hasCount(CITIES.size());
        Locator basel = rows.filter(new Locator.FilterOptions().setHasText("Basel"));
        String before = basel.textContent();

        assertThat(basel).not().hasText(before);
        assertThat(page.locator(".keyed .flash").first()).isVisible();
        assertThat(rows).hasCount(CITIES.size());
        assertThat(rows.first()).containsText("Aarhus");
        page.context().close();
    }

    @Test
    void a_query_shows_its_rows_and_how_it_ended() {
        Page page = open("/sql?q=SELECT%20word%2C%20n%20FROM%20counts%3B");
        Locator editor =
                page.getByRole(AriaRole.TEXTBOX, new Page.GetByRoleOptions().setName("SQL"));
        assertThat(editor).containsText("SELECT word, n FROM counts;");
        editor.press("Control+Enter");

        assertThat(page.getByRole(AriaRole.GRID).getByText("river")).isVisible();
        assertThat(page.locator(".toolbar [role=status]")).hasText("Done");
        assertThat(page.getByText("NULL")).isVisible();
        page.context().close();
    }

    @Test
    void a_push_query_changes_its_rows_in_place_until_it_is_stopped() {
        Page page =
                open(
                        "/sql?q=SELECT%20word%2C%20COUNT(*)%20FROM%20words%20GROUP%20BY%20word%20EMIT%20CHANGES%3B");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run")).click();
        Locator rows =
                page.getByRole(AriaRole.GRID, new Page.GetByRoleOptions().setName("Result"))
                        .locator(".grid-body .row");
        assertThat(rows).hasCount(8);
        assertThat(page.locator(".result .flash").first()).isVisible();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("changelog")).click();
        assertThat(page.getByRole(AriaRole.GRID, new Page.GetByRoleOptions().setName("Changelog")))
                .containsText("-U");

        int cancelled = SQL.cancelled().size();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Stop")).click();

        assertThat(page.locator(".toolbar [role=status]")).hasText("Stopped");
        org.awaitility.Awaitility.await().until(() -> SQL.cancelled().size() == cancelled + 1);
        page.context().close();
    }

    @Test
    void an_error_is_shown_where_it_is() {
        Page page = open("/sql?q=SELEC%20word");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run")).click();

        assertThat(page.getByRole(AriaRole.ALERT))
                .containsText("Line 1, column 1: Encountered \"SELEC\"");
        assertThat(page.locator(".cm-lintRange-error")).hasText("SELEC");
        page.context().close();
    }

    @Test
    void explain_shows_the_topology() {
        Page page =
                open(
                        "/sql?q=SELECT%20word%2C%20COUNT(*)%20FROM%20words%20GROUP%20BY%20word%20EMIT%20CHANGES%3B");
        assertThat(page.locator(".cm-content")).containsText("SELECT");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Explain")).click();

        assertThat(page.getByLabel("Answer")).containsText("KSTREAM-AGGREGATE-0000000002");
        page.context().close();
    }

    @Test
    void an_example_query_is_one_click_away() {
        Page page = open("/sql");
        page.getByText("SHOW TOPICS;").click();
        assertThat(page.locator(".cm-content")).hasText("SHOW TOPICS;");
        page.context().close();
    }

    @Test
    void a_persistent_query_is_listed_and_terminated() {
        Page page = open("/queries");
        assertThat(page.getByText("CTAS_WORD_COUNTS_1")).isVisible();
        screens(page, "queries");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Terminate CTAS_WORD_COUNTS_1"))
                .click();
        page.getByRole(AriaRole.DIALOG)
                .getByText("Terminate", new Locator.GetByTextOptions().setExact(true))
                .click();

        assertThat(page.getByText("No persistent queries")).isVisible();
        screens(page, "queries-empty");
        page.context().close();
    }

    @Test
    void a_lost_node_is_said_and_comes_back_by_itself() {
        Page page = open("/topics/" + orders + "/messages");
        Locator newest = page.locator(".messages .grid-body .row").first();
        assertThat(newest).isVisible();

        int port = server.goAway();
        assertThat(page.getByText("Connection to the node lost")).isVisible();
        server.comeBack(port);

        assertThat(page.getByText("Connection to the node lost")).not().isVisible();
        String last = newest.textContent();
        assertThat(newest).not().hasText(last);
        browser.complaints(); // the refused connections while it was away
        page.context().close();
    }

    @Test
    void an_unknown_topic_and_an_unknown_address_say_so() {
        Page page = open("/topics/nothing_here/messages");
        assertThat(page.getByText("This topic does not exist")).isVisible();
        assertThat(browser.complaints()).allMatch(complaint -> complaint.contains("404"));
        page.navigate(server.url("/topics/a/b/c"));
        assertThat(page.getByText("There is nothing at this address")).isVisible();
        page.context().close();
    }

    @Test
    void a_fast_topic_does_not_freeze_the_page() {
        String topic = server.newTopic("fast", 1);
        Page page = open("/topics/" + topic + "/messages");
        assertThat(page.locator(".toolbar .state-live")).isVisible();
        page.evaluate(
                """
                () => { window.longest = 0; let last = performance.now();
                  const frame = now => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame); };
                  requestAnimationFrame(frame); }""");
        for (int i = 0; i < 30_000; i++) {
            server.send(topic, "k" + i % 100, order(i));
        }
        server.flush();
        server.produce(topic, 0, "last", "the end");

        assertThat(page.locator(".messages .grid-body .row").first())
                .containsText(
                        "the end", new LocatorAssertions.ContainsTextOptions().setTimeout(30_000));
        double longestMs = ((Number) page.evaluate("() => window.longest")).doubleValue();
        assertThat(longestMs).as("longest time without a frame, ms").isLessThan(1_000);
        page.context().close();
    }

    @ParameterizedTest
    @EnumSource(names = {"LIGHT", "DARK"})
    void every_screen_is_accessible_in_both_themes(ColorScheme colours) {
        Page page = browser.open(server.url("/topics?q=" + orders.split("_")[1]), colours);
        assertThat(page.locator("[data-topic='" + orders + "'] [data-column=rate]"))
                .hasText(Pattern.compile("[1-9].*"));
        check(page, "topics", colours);

        page.navigate(server.url("/topics/" + orders + "/messages"));
        page.locator(".messages .grid-body .row").nth(3).click();
        assertThat(page.getByRole(AriaRole.COMPLEMENTARY)).isVisible();
        check(page, "messages", colours);

        page.navigate(server.url("/topics/" + counts + "/table"));
        assertThat(page.locator(".keyed .grid-body .row")).hasCount(CITIES.size());
        assertThat(page.locator(".keyed .flash").first()).isVisible();
        check(page, "table", colours);

        page.navigate(server.url("/topics/" + orders + "/details"));
        assertThat(page.getByText("Partitions")).isVisible();
        check(page, "details", colours);

        page.navigate(server.url("/sql"));
        assertThat(page.getByText("Ask the live topics")).isVisible();
        assertThat(page.locator(".cm-content")).isVisible();
        check(page, "sql-empty", colours);

        page.navigate(
                server.url(
                        "/sql?q=SELECT%20word%2C%20COUNT(*)%20AS%20n%0AFROM%20words%0AWHERE%20word%20%3C%3E%20'the'%0AGROUP%20BY%20word%0AEMIT%20CHANGES%3B"));
        assertThat(page.locator(".cm-content")).containsText("SELECT");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run")).click();
        assertThat(page.locator(".result .grid-body .row")).hasCount(8);
        check(page, "sql", colours);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Explain")).click();
        assertThat(page.getByLabel("Answer")).isVisible();
        check(page, "sql-explain", colours);

        page.navigate(server.url("/groups?group=" + group));
        assertThat(page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(group)))
                .isVisible();
        check(page, "groups", colours);

        page.navigate(server.url("/topics?q=none_of_them"));
        assertThat(page.getByText("No topic matches")).isVisible();
        check(page, "topics-none", colours);
        page.context().close();
    }

    private static void check(Page page, String name, ColorScheme colours) {
        picture(page, name, colours);
        assertThat(BrowserSession.violations(page)).as(name).isEmpty();
    }

    private static void screens(Page page, String name) {
        for (ColorScheme colours : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(colours));
            picture(page, name, colours);
            assertThat(BrowserSession.violations(page)).as(name).isEmpty();
        }
    }

    private static void picture(Page page, String name, ColorScheme colours) {
        String file = name + "-" + colours.name().toLowerCase(Locale.ROOT) + ".png";
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "screens", file)));
    }

    private static Page open(String path) {
        return browser.open(server.url(path), ColorScheme.LIGHT);
    }

    private static String order(int n) {
        return "{\"order\":%d,\"city\":\"%s\",\"amount\":%d.%02d,\"items\":[{\"sku\":\"sku-%d\",\"quantity\":%d}],\"express\":%b}"
                .formatted(
                        n,
                        CITIES.get(n % CITIES.size()),
                        10 + n % 90,
                        n % 100,
                        n % 17,
                        1 + n % 3,
                        n % 5 == 0);
    }
}
