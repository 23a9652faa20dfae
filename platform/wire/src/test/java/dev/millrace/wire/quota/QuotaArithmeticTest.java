package dev.millrace.wire.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Quota;
import org.apache.kafka.common.metrics.stats.Rate;
import org.apache.kafka.common.metrics.stats.TokenBucket;
import org.junit.jupiter.api.Test;

/** Ours beside the classes that Apache Kafka's brokers measure quotas with. */
class QuotaArithmeticTest {
    /** Something happens {@code afterMs} later than what was before. */
    record Event(int afterMs, double amount) {}

    private static final long START_MS = 1_000_000;

    @Provide
    Arbitrary<List<Event>> events() {
        Arbitrary<Integer> afterMs =
                Arbitraries.frequencyOf(
                        net.jqwik.api.Tuple.of(6, Arbitraries.integers().between(0, 300)),
                        net.jqwik.api.Tuple.of(2, Arbitraries.integers().between(300, 3_000)),
                        net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(3_000, 40_000)));
        Arbitrary<Double> amount = Arbitraries.doubles().between(-100, 100_000).ofScale(1);
        return Combinators.combine(afterMs, amount).as(Event::new).list().ofMaxSize(120);
    }

    @Property(tries = 300)
    void a_rate_and_its_delay_are_those_of_kafka(
            @ForAll("events") List<Event> events,
            @ForAll @IntRange(min = 1, max = 12) int windows,
            @ForAll @IntRange(min = 1, max = 3) int windowS) {
        double limit = 5_000;
        MetricConfig config =
                new MetricConfig().samples(windows).timeWindow(windowS, TimeUnit.SECONDS);
        Rate kafka = new Rate();
        SlidingRate ours = new SlidingRate(windows, windowS * 1000L);
        long nowMs = START_MS;
        for (Event event : events) {
            nowMs += event.afterMs();
            kafka.record(config, event.amount(), nowMs);
            ours.record(event.amount(), nowMs);

            double expected = kafka.measure(config, nowMs);
            assertThat(ours.rate(nowMs)).isCloseTo(expected, within(1e-6));
            double delayMs = (expected - limit) / limit * kafka.windowSize(config, nowMs);
            assertThatDelay(ours.throttleMs(limit, nowMs), Math.max(0, delayMs));
        }
    }

    @Property(tries = 300)
    void a_bucket_has_as_many_tokens_as_that_of_kafka(
            @ForAll("events") List<Event> events,
            @ForAll @IntRange(min = 1, max = 12) int windows,
            @ForAll @IntRange(min = 1, max = 100) int rate) {
        MetricConfig config =
                new MetricConfig()
                        .samples(windows)
                        .timeWindow(1, TimeUnit.SECONDS)
                        .quota(Quota.upperBound(rate));
        TokenBucket kafka = new TokenBucket();
        dev.millrace.wire.quota.TokenBucket ours = new dev.millrace.wire.quota.TokenBucket(windows);
        long nowMs = START_MS;
        for (Event event : events) {
            nowMs += event.afterMs();
            kafka.record(config, event.amount() / 1000, nowMs);
            ours.take(event.amount() / 1000, rate, nowMs);

            double tokens = kafka.measure(config, nowMs);
            assertThatDelay(ours.throttleMs(rate, nowMs), Math.max(0, -tokens / rate * 1000));
        }
    }

    /** Sums in another order differ in the last bits: half a millisecond may round either way. */
    private static void assertThatDelay(long oursMs, double kafkaMs) {
        assertThat(oursMs).isBetween(Math.round(kafkaMs - 1e-6), Math.round(kafkaMs + 1e-6));
    }

    @Test
    void twice_the_limit_for_a_second_is_paid_for_with_a_second() {
        SlidingRate rate = new SlidingRate(11, 1000);
        for (int ms = 0; ms < 11_000; ms += 10) {
            rate.record(20, ms);
        }

        assertThat(rate.rate(11_000)).isCloseTo(2_000, within(20.0));
        assertThat(rate.throttleMs(1_000, 11_000)).isCloseTo(11_000, within(200L));
    }

    @Test
    void windows_are_at_least_one() {
        assertThatThrownBy(() -> new SlidingRate(0, 1000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 of 1000");
    }
}
