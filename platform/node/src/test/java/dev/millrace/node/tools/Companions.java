package dev.millrace.node.tools;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;

/**
 * What the tools are to be seen beside: records with given timestamps, members of groups, open
 * transactions.
 *
 * <pre>
 * produce TOPIC PARTITION TIMESTAMP VALUE…      a record for each value, with key k
 * member CLIENT_ID GROUP TOPIC [config=value]…  joins, and returns when it owns partitions
 * leave CLIENT_ID
 * transaction ID begin | send TOPIC PARTITION VALUE… | commit | abort
 * insync IDS TOPIC                              waits until these are in sync in each partition
 * leads ID TOPIC PARTITION                      waits until it leads
 * moved TOPIC                                   waits until no replica of it is on its way
 * </pre>
 */
final class Companions implements AutoCloseable {
    private static final long TIMEOUT_S = 30;
    private static final Duration SETTLED = Duration.ofMillis(500);

    private final String broker;
    private final Map<String, Member> members = new HashMap<>();
    private final Map<String, KafkaProducer<String, String>> transactions = new HashMap<>();

    Companions(String broker) {
        this.broker = broker;
    }

    /** What there is to say: nothing. */
    String run(String name, List<String> arguments) throws Exception {
        switch (name) {
            case "produce" -> produce(arguments);
            case "member" -> join(arguments);
            case "leave" -> leave(arguments.get(0));
            case "insync" -> {
                Set<Integer> ids = ids(arguments.get(0));
                await(
                        arguments.get(1),
                        (admin, topic) ->
                                topic.partitions().stream()
                                        .allMatch(each -> ids(each.isr()).equals(ids)));
            }
            case "leads" -> {
                int id = Integer.parseInt(arguments.get(0));
                int partition = Integer.parseInt(arguments.get(2));
                await(
                        arguments.get(1),
                        (admin, topic) -> {
                            Node leader = topic.partitions().get(partition).leader();
                            return leader != null && leader.id() == id;
                        });
            }
            case "moved" ->
                    await(
                            arguments.get(0),
                            (admin, topic) ->
                                    admin
                                            .listPartitionReassignments()
                                            .reassignments()
                                            .get()
                                            .keySet()
                                            .stream()
                                            .noneMatch(tp -> tp.topic().equals(topic.name())));
            case "transaction" ->
                    transaction(
                            arguments.get(0),
                            arguments.get(1),
                            arguments.subList(2, arguments.size()));
            default -> throw new IllegalArgumentException(name);
        }
        return "";
    }

    private interface Condition {
        boolean holds(Admin admin, TopicDescription topic) throws Exception;
    }

    private static Set<Integer> ids(String list) {
        return Arrays.stream(list.split(",", -1)).map(Integer::valueOf).collect(toSet());
    }

    private static Set<Integer> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).collect(toSet());
    }

    /** For a while, since each question goes to any broker, and they learn one after the other. */
    private void await(String topic, Condition condition) {
        try (Admin admin = Admin.create(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker))) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(2 * TIMEOUT_S))
                    .pollInterval(Duration.ofMillis(50))
                    .during(SETTLED)
                    .ignoreExceptions()
                    .until(
                            () ->
                                    condition.holds(
                                            admin,
                                            requireNonNull(
                                                    admin.describeTopics(List.of(topic))
                                                            .allTopicNames()
                                                            .get(5, TimeUnit.SECONDS)
                                                            .get(topic))));
        }
    }

    private void produce(List<String> arguments) throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (String value : arguments.subList(3, arguments.size())) {
                producer.send(
                                new ProducerRecord<>(
                                        arguments.get(0),
                                        Integer.valueOf(arguments.get(1)),
                                        Long.valueOf(arguments.get(2)),
                                        "k",
                                        value))
                        .get(TIMEOUT_S, TimeUnit.SECONDS);
            }
        }
    }

    private KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>(more);
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private void transaction(String id, String step, List<String> arguments) throws Exception {
        if (step.equals("begin")) {
            KafkaProducer<String, String> producer =
                    producer(Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id));
            transactions.put(id, producer);
            producer.initTransactions();
            producer.beginTransaction();
            return;
        }
        KafkaProducer<String, String> producer = transactions.get(id);
        if (producer == null) {
            throw new IllegalArgumentException("no transaction of " + id + " has begun");
        }
        switch (step) {
            case "send" -> {
                for (String value : arguments.subList(2, arguments.size())) {
                    producer.send(
                                    new ProducerRecord<>(
                                            arguments.get(0),
                                            Integer.valueOf(arguments.get(1)),
                                            "k",
                                            value))
                            .get(TIMEOUT_S, TimeUnit.SECONDS);
                }
            }
            case "commit" -> producer.commitTransaction();
            case "abort" -> producer.abortTransaction();
            default -> throw new IllegalArgumentException(step);
        }
    }

    /** A consumer in a thread of its own. */
    private record Member(
            KafkaConsumer<String, String> consumer, Thread thread, CountDownLatch owns) {}

    private void join(List<String> arguments) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        config.put(ConsumerConfig.CLIENT_ID_CONFIG, arguments.get(0));
        config.put(ConsumerConfig.GROUP_ID_CONFIG, arguments.get(1));
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.AUTO_COMMIT_INTERVAL_MS_CONFIG, 100);
        for (String setting : arguments.subList(3, arguments.size())) {
            String[] pair = setting.split("=", 2);
            config.put(pair[0], pair[1]);
        }
        KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        CountDownLatch owns = new CountDownLatch(1);
        String topic = arguments.get(2);
        Thread thread = new Thread(() -> consume(consumer, topic, owns), arguments.get(0));
        thread.setDaemon(true);
        thread.start();
        members.put(arguments.get(0), new Member(consumer, thread, owns));
        if (!owns.await(TIMEOUT_S, TimeUnit.SECONDS)) {
            throw new AssertionError(
                    "%s owns no partition after %d s".formatted(arguments, TIMEOUT_S));
        }
    }

    /** Reads to the end, commits, and goes on until it is woken. */
    private static void consume(
            KafkaConsumer<String, String> consumer, String topic, CountDownLatch owns) {
        try (consumer) {
            consumer.subscribe(List.of(topic));
            while (true) {
                consumer.poll(Duration.ofMillis(100));
                if (!consumer.assignment().isEmpty()
                        && consumer.assignment().stream()
                                .allMatch(
                                        partition ->
                                                consumer.currentLag(partition).orElse(1) == 0)) {
                    consumer.commitSync();
                    owns.countDown();
                }
            }
        } catch (WakeupException e) {
            // Asked to leave: the consumer has been closed, and has left its group.
            owns.countDown();
        }
    }

    private void leave(String clientId) throws InterruptedException {
        Member member = members.remove(clientId);
        if (member == null) {
            throw new IllegalArgumentException("no member is called " + clientId);
        }
        member.consumer.wakeup();
        member.thread.join(TimeUnit.SECONDS.toMillis(TIMEOUT_S));
    }

    @Override
    public void close() {
        for (String clientId : List.copyOf(members.keySet())) {
            try {
                leave(clientId);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        transactions.values().forEach(producer -> producer.close(Duration.ZERO));
    }
}
