package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class UnwelcomeClientsTest {
    private static final InetSocketAddress CLIENT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

    private final Logger logger = (Logger) LoggerFactory.getLogger(UnwelcomeClients.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final AtomicLong nowNs = new AtomicLong(Long.MAX_VALUE - 1_000);
    private final UnwelcomeClients unwelcome = new UnwelcomeClients(nowNs::get);

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(lines);
    }

    private List<String> linesOfOperators() {
        return lines.list.stream()
                .filter(line -> line.getLevel().isGreaterOrEqual(Level.INFO))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Test
    void a_flood_of_nonsense_is_counted_whole_and_logged_once() {
        for (int i = 0; i < 10_000; i++) {
            unwelcome.malformed(CLIENT, "a request is 8 to 100 bytes long, this one says -1");
        }

        assertThat(unwelcome.malformed()).isEqualTo(10_000);
        assertThat(linesOfOperators())
                .singleElement()
                .asString()
                .contains("4711", "is no request", "this one says -1")
                .doesNotContain("more");
    }

    @Test
    void the_next_line_says_how_many_were_left_out() {
        for (int i = 0; i < 100; i++) {
            unwelcome.malformed(CLIENT, "nonsense");
        }
        nowNs.addAndGet(TimeUnit.MILLISECONDS.toNanos(UnwelcomeClients.QUIET_MS));
        unwelcome.malformed(CLIENT, "nonsense");

        assertThat(linesOfOperators()).hasSize(2).last().asString().contains("99 more");
    }

    @Test
    void refusals_have_a_line_of_their_own() {
        unwelcome.malformed(CLIENT, "nonsense");
        unwelcome.refused(CLIENT.getAddress(), "it has 3, the maximum");
        unwelcome.refused(CLIENT.getAddress(), "it has 3, the maximum");

        assertThat(unwelcome.refused()).isEqualTo(2);
        assertThat(linesOfOperators()).hasSize(2).last().asString().contains("it has 3");
    }
}
