package dev.millrace.chaos.load;

import dev.millrace.chaos.check.History;
import dev.millrace.chaos.check.Isolation;
import dev.millrace.chaos.check.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The clients of a run: what they write to, who they are, and how they come to an end. */
public final class Load implements AutoCloseable {
    /** What can be chosen, by name. */
    public static final List<String> KINDS =
            List.of("plain", "idempotent", "bank", "copy", "groups", "reads");

    private static final String PLAIN = "chaos-plain";
    private static final String IDEMPOTENT = "chaos-idempotent";
    private static final String COPY = "chaos-copy";
    private static final String MONEY = "tx_money";
    private static final int PARTITIONS = 3;
    private static final int ACCOUNTS = 4;

    private final History history;
    private final List<Worker> writers = new ArrayList<>();
    private final List<Worker> readers = new ArrayList<>();
    private @Nullable Copying copying;

    /**
     * @param kinds some of {@link #KINDS}
     * @param perSecond records of each writer; a tenth as many transactions
     */
    public Load(String bootstrap, History history, long seed, List<String> kinds, int perSecond) {
        if (!KINDS.containsAll(kinds)) {
            throw new IllegalArgumentException("load is some of " + KINDS + ", not " + kinds);
        }
        this.history = history;
        Clients clients = new Clients(bootstrap);
        if (kinds.contains("plain")) {
            writers.add(
                    new Writes(
                            "plain-0",
                            clients,
                            history,
                            seed,
                            PLAIN,
                            PARTITIONS,
                            false,
                            perSecond));
        }
        if (kinds.contains("idempotent")) {
            for (int i = 0; i < 2; i++) {
                writers.add(
                        new Writes(
                                "idempotent-" + i,
                                clients,
                                history,
                                seed,
                                IDEMPOTENT,
                                PARTITIONS,
                                true,
                                perSecond));
            }
        }
        if (kinds.contains("bank")) {
            for (int i = 0; i < 2; i++) {
                writers.add(
                        new BankTransfers(
                                "bank-" + i,
                                clients,
                                history,
                                seed,
                                MONEY,
                                ACCOUNTS,
                                Math.max(1, perSecond / 10)));
            }
        }
        if (kinds.contains("copy")) {
            copying = new Copying("copy-0", clients, history, seed, IDEMPOTENT, COPY, PARTITIONS);
        }
        if (kinds.contains("groups")) {
            for (String protocol : List.of("classic", "consumer")) {
                for (int i = 0; i < 2; i++) {
                    readers.add(
                            new GroupMember(
                                    protocol + "-" + i,
                                    clients,
                                    history,
                                    seed,
                                    "group-" + protocol,
                                    protocol,
                                    IDEMPOTENT));
                }
            }
        }
        if (kinds.contains("reads")) {
            for (Isolation isolation : Isolation.values()) {
                readers.add(
                        new LiveReads(
                                isolation.name().toLowerCase(Locale.ROOT),
                                clients,
                                history,
                                seed,
                                isolation,
                                partitions()));
            }
        }
    }

    /** Topics and how many partitions each has. */
    public static Map<String, Integer> topics() {
        Map<String, Integer> topics = new LinkedHashMap<>();
        topics.put(PLAIN, PARTITIONS);
        topics.put(IDEMPOTENT, PARTITIONS);
        topics.put(COPY, PARTITIONS);
        topics.put(MONEY, ACCOUNTS);
        return topics;
    }

    public static List<TopicPartition> partitions() {
        return topics().entrySet().stream()
                .flatMap(
                        topic ->
                                IntStream.range(0, topic.getValue())
                                        .mapToObj(i -> new TopicPartition(topic.getKey(), i)))
                .toList();
    }

    private Stream<Worker> all() {
        return Stream.concat(
                Stream.concat(writers.stream(), Stream.ofNullable(copying)), readers.stream());
    }

    public void start() {
        all().forEach(Worker::start);
    }

    public List<Progress> progress() {
        return all().map(Worker::progress).toList();
    }

    /** Writers stop, what they have begun gets its outcome; copying and reading come to the end. */
    public void finish(Duration within) throws InterruptedException {
        end(writers, within);
        if (copying != null) {
            awaitCopied(copying, within);
            end(List.of(copying), within);
        }
        end(readers, within);
    }

    /** Ends whatever still runs, as it is. */
    @Override
    public void close() {
        all().forEach(Worker::interrupt);
    }

    private void end(List<Worker> workers, Duration within) throws InterruptedException {
        workers.forEach(Worker::askToStop);
        for (Worker worker : workers) {
            if (!worker.awaitEnd(within.toMillis())) {
                history.add(
                        new Violation(
                                "clients come to an end",
                                worker.name + " still ran after " + within.toSeconds() + " s"));
            }
        }
    }

    private void awaitCopied(Copying copier, Duration within) throws InterruptedException {
        long deadlineNs = System.nanoTime() + within.toNanos();
        String last = "nothing known of it";
        while (System.nanoTime() < deadlineNs) {
            try {
                long lag = copier.lag();
                if (lag == 0) {
                    return;
                }
                last = lag + " records behind";
            } catch (KafkaException e) {
                last = e.toString();
            }
            Thread.sleep(200);
        }
        history.add(
                new Violation(
                        "copying goes on when the cluster is whole",
                        copier.source() + " after " + within.toSeconds() + " s: " + last));
    }
}
