package dev.millrace.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.http.SqlHttp;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SQL screens with the real SQL engine on a real broker: words are counted live. */
class ConsoleSqlIT {
    private static ConsoleServer server;
    private static BrowserSession browser;

    @BeforeAll
    static void start(@TempDir Path stateDir) {
        String unique = Long.toString(System.nanoTime(), 36);
        server =
                ConsoleServer.startWithSql(
                        (router, vertx, bootstrapServers) -> {
                            SqlEngine engine =
                                    SqlEngine.start(
                                            vertx,
                                            SqlConfig.of(bootstrapServers, stateDir)
                                                    .withApplicationIdPrefix("console-" + unique)
                                                    .withDefinitionsTopic("_console_" + unique));
                            SqlHttp.mount(router, engine);
                            return engine::close;
                        });
        browser = BrowserSession.start();
        PlaywrightAssertions.setDefaultAssertionTimeout(30_000);
    }

    @AfterAll
    static void stop() {
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
    void words_are_counted_while_lines_arrive() {
        String lines = server.newTopic("lines", 1);
        server.produce(lines, 0, (String) null, "the mill by the river");
        Page page = run(wordCount(lines) + " EMIT CHANGES;");

        Locator the = page.locator(".result .grid-body .row").filter(hasText("the"));
        assertThat(the).containsText("2");
        server.produce(lines, 0, (String) null, "the wheel");
        assertThat(the).containsText("3");
        assertThat(page.locator(".result .grid-body .row")).hasCount(5);
        assertThat(page.locator(".toolbar [role=status]")).hasText("Running");
        page.context().close();
    }

    @Test
    void a_query_over_history_ends() {
        String lines = server.newTopic("lines", 1);
        server.produce(lines, 0, (String) null, "stone on stone");
        Page page = run(wordCount(lines) + ";");

        assertThat(page.locator(".toolbar [role=status]")).hasText("Done");
        assertThat(page.locator(".result .grid-body .row").filter(hasText("stone")))
                .containsText("2");
        page.context().close();
    }

    @Test
    void explain_prints_the_topology_of_the_streams_dsl() {
        String lines = server.newTopic("lines", 1);
        server.produce(lines, 0, (String) null, "a line");
        Page page = run("EXPLAIN " + wordCount(lines) + " EMIT CHANGES;");

        assertThat(page.getByLabel("Answer")).containsText("Sub-topology: 0");
        assertThat(page.getByLabel("Answer")).containsText(lines);
        page.context().close();
    }

    @Test
    void a_mistake_is_marked_where_the_parser_found_it() {
        Page page = run("SELECT\n  FROM nowhere;");

        assertThat(page.getByRole(AriaRole.ALERT)).containsText(Pattern.compile("Line 2"));
        assertThat(page.locator(".cm-lintRange-error")).isVisible();
        page.context().close();
    }

    @Test
    void a_persistent_query_fills_a_table_that_can_be_watched_and_ends_when_terminated() {
        String lines = server.newTopic("lines", 1);
        server.produce(lines, 0, (String) null, "grain and flour and bread");
        String table = "counts_" + lines;
        Page page = open("/sql");
        Locator editor =
                page.getByRole(AriaRole.TEXTBOX, new Page.GetByRoleOptions().setName("SQL"));
        editor.fill("CREATE TABLE " + table + " AS " + wordCount(lines) + " EMIT CHANGES;");
        editor.press("Control+Enter");
        assertThat(page.getByLabel("Answer")).containsText(table);

        page.navigate(server.url("/queries"));
        Locator query = page.locator("tr").filter(hasText(table));
        assertThat(query.getByText("running")).isVisible();
        query.getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName(table)).click();

        assertThat(page).hasURL(Pattern.compile("/topics/" + table + "/table"));
        Locator and = page.locator(".keyed .grid-body .row").filter(hasText("and"));
        assertThat(and).containsText("2");
        server.produce(lines, 0, (String) null, "and");
        assertThat(and).containsText("3");

        page.navigate(server.url("/queries"));
        query.getByRole(AriaRole.BUTTON).click();
        page.getByRole(AriaRole.DIALOG)
                .getByText("Terminate", new Locator.GetByTextOptions().setExact(true))
                .click();
        assertThat(page.locator("tr").filter(hasText(table))).hasCount(0);
        page.context().close();
    }

    private static String wordCount(String topic) {
        return "SELECT word, COUNT(*) AS n FROM (SELECT EXPLODE(SPLIT(LOWER(value), '\\W+')) AS word"
                + " FROM "
                + topic
                + ") WHERE word <> '' GROUP BY word";
    }

    private static Locator.FilterOptions hasText(String text) {
        return new Locator.FilterOptions()
                .setHasText(Pattern.compile("\\b" + text + "|" + text + "\\b"));
    }

    private static Page run(String query) {
        Page page = open("/sql?q=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run")).click();
        return page;
    }

    private static Page open(String path) {
        return browser.open(server.url(path), ColorScheme.LIGHT);
    }
}
