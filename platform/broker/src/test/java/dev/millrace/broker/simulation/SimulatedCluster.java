package dev.millrace.broker.simulation;

import static java.util.Objects.requireNonNull;

import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.journal.MetadataRequest;
import dev.millrace.cluster.journal.SharedJournal;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.jspecify.annotations.Nullable;

/**
 * Everything there is in one life: the journal, three brokers, what is between them, and the clock.
 * A seed decides all that happens; the same seed always tells the same story.
 */
final class SimulatedCluster {
    static final String CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAA";
    static final int BROKERS = 3;
    static final long SESSION_MS = 2_000;
    static final long MAX_LAG_MS = 1_000;
    static final long MAX_SILENCE_MS = 850;
    private static final int MOST_TO_DO = 20_000;

    /** What has to happen often enough for a life to mean something. */
    enum Event {
        ELECTION,
        TRUNCATION,
        LOST_POWER,
        DISK_ERROR,
        KILL
    }

    private record Heard(long brokerEpoch, long atMs) {}

    private record Task(SimulatedNode node, int incarnation, long dueMs, Runnable work) {}

    private final Random random;
    private final PlantedFault planted;
    private final Terms terms;
    private final SharedJournal journal;
    private final SimulatedNetwork network;
    private final Map<TopicPartition, Uuid> topicIds = new LinkedHashMap<>();
    private final Map<TopicPartition, PartitionHistory> histories = new LinkedHashMap<>();
    private final Map<Integer, SimulatedNode> nodes = new LinkedHashMap<>();
    private final Map<Integer, Heard> heard = new HashMap<>();
    private final List<Task> tasks = new ArrayList<>();
    private final List<Task> timers = new ArrayList<>();
    private final List<MetadataImage> images = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private final Map<Event, Integer> events = new EnumMap<>(Event.class);
    private CommitListener listener = CommitListener.NONE;
    private long nowMs = 1_000_000;

    /** For those who follow what a replica has committed, or whether it leads. */
    interface CommitListener {
        CommitListener NONE =
                new CommitListener() {
                    @Override
                    public void committed(SimulatedReplica replica, long from, long to) {}

                    @Override
                    public void leadershipChanged(SimulatedReplica replica) {}
                };

        void committed(SimulatedReplica replica, long from, long to);

        void leadershipChanged(SimulatedReplica replica);
    }

    private final class SimulatedClock extends Clock {
        @Override
        public long millis() {
            return nowMs;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(nowMs);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private final Clock clock = new SimulatedClock();

    private static final class Elsewhere implements SimulatedNetwork.Place {
        @Override
        public boolean isUp() {
            return true;
        }

        @Override
        public boolean isPaused() {
            return false;
        }

        @Override
        public int incarnation() {
            return 0;
        }
    }

    /**
     * @param losesOneIn of so many messages one is lost
     * @param topics with one partition each, and a replica on every broker
     */
    SimulatedCluster(
            Random random, Terms terms, PlantedFault planted, int losesOneIn, List<String> topics) {
        this.random = random;
        this.terms = terms;
        this.planted = planted;
        this.journal =
                new SharedJournal(
                        CLUSTER_ID,
                        new ClusterRules((int) SESSION_MS, 500, terms.minInsync(), false, 0));
        Elsewhere elsewhere = new Elsewhere();
        this.network =
                new SimulatedNetwork(
                        random, losesOneIn, () -> nowMs, id -> id <= 0 ? elsewhere : node(id));
        // A topic needs brokers that are there; none of them runs yet.
        for (int id = 1; id <= BROKERS; id++) {
            journal.ask(
                    new MetadataRequest.RegisterBroker(
                            id,
                            newUuid(),
                            new BrokerStart("b" + id, 9092, "p" + id, 9093, "", -1),
                            false,
                            SupportedFeatures.RANGES));
        }
        for (String topic : topics) {
            Uuid topicId = newUuid();
            TopicPartition partition = new TopicPartition(topic, 0);
            topicIds.put(partition, topicId);
            histories.put(partition, new PartitionHistory(topic));
            journal.ask(
                    new MetadataRequest.CreateTopic(
                            topic,
                            topicId,
                            1,
                            BROKERS,
                            Map.of(),
                            Map.of("min.insync.replicas", "" + terms.minInsync())));
        }
        for (int id = 1; id <= BROKERS; id++) {
            nodes.put(id, new SimulatedNode(this, id));
        }
        journal.follow(images::add);
        nodes.values().forEach(SimulatedNode::start);
    }

    void listen(CommitListener newListener) {
        listener = newListener;
    }

    // ---- what the parts know of each other

    Random random() {
        return random;
    }

    Terms terms() {
        return terms;
    }

    boolean planted(PlantedFault fault) {
        return planted == fault;
    }

    boolean isPlanted() {
        return planted != PlantedFault.NONE;
    }

    /** The same in every run: where replicas are placed depends on it. */
    Uuid newUuid() {
        return new Uuid(random.nextLong(), random.nextLong());
    }

    Clock clock() {
        return clock;
    }

    long nowMs() {
        return nowMs;
    }

    SharedJournal journal() {
        return journal;
    }

    MetadataImage image() {
        return journal.image();
    }

    SimulatedNetwork network() {
        return network;
    }

    Iterable<TopicPartition> partitions() {
        return topicIds.keySet();
    }

    Uuid topicId(TopicPartition partition) {
        return requireNonNull(topicIds.get(partition));
    }

    PartitionHistory history(TopicPartition partition) {
        return requireNonNull(histories.get(partition));
    }

    SimulatedNode node(int id) {
        return requireNonNull(nodes.get(id));
    }

    Iterable<SimulatedNode> nodes() {
        return nodes.values();
    }

    SimulatedNode anyNode() {
        return node(1 + random.nextInt(BROKERS));
    }

    SimulatedReplica replica(int node, TopicPartition partition) {
        return node(node).replica(partition);
    }

    /** Of those that believe that they lead; there may be several. */
    @Nullable SimulatedReplica anyLeader(TopicPartition partition) {
        List<SimulatedReplica> leaders = new ArrayList<>();
        for (SimulatedNode node : nodes.values()) {
            if (node.isUp() && node.replica(partition).leads() != null) {
                leaders.add(node.replica(partition));
            }
        }
        return leaders.isEmpty() ? null : leaders.get(random.nextInt(leaders.size()));
    }

    /** Who leads, as some broker's image says; -1 if nobody, or no broker is up. */
    int leaderSeenByAnybody(TopicPartition partition) {
        SimulatedNode asked = anyNode();
        return asked.acts() ? state(asked.image(), partition).leader() : -1;
    }

    MetadataImage.Partition state(MetadataImage image, TopicPartition partition) {
        return image.topic(topicId(partition)).orElseThrow().partitions().get(0);
    }

    boolean isInSync(SimulatedReplica replica) {
        return state(image(), replica.partition()).isr().contains(replica.node().id());
    }

    @SuppressWarnings("AnnotateFormatMethod") // tests do not depend on its annotations
    void say(String line, Object... arguments) {
        story.add(nowMs + " " + String.format(line, arguments));
    }

    List<String> story() {
        return story;
    }

    void count(Event event) {
        events.merge(event, 1, Integer::sum);
    }

    int counted(Event event) {
        return events.getOrDefault(event, 0);
    }

    /** Decided at once; whether it was accepted. */
    boolean ask(MetadataRequest request, Consumer<ApiException> onRefusal) {
        try {
            journal.ask(request);
            return true;
        } catch (ApiException refused) {
            say("journal: refuses %s: %s", request, refused.toString());
            onRefusal.accept(refused);
            return false;
        }
    }

    /** The journal's leader has heard of the broker. */
    void heard(int node, long brokerEpoch) {
        heard.put(node, new Heard(brokerEpoch, nowMs));
    }

    void committed(SimulatedReplica replica, long from, long to) {
        listener.committed(replica, from, to);
    }

    void leadershipChanged(SimulatedReplica replica) {
        listener.leadershipChanged(replica);
    }

    /** Work of another thread of the broker; gone with its process. */
    void later(SimulatedNode node, Runnable work) {
        tasks.add(new Task(node, node.incarnation(), 0, work));
    }

    /** The same after some time. */
    void after(SimulatedNode node, long delayMs, Runnable work) {
        timers.add(new Task(node, node.incarnation(), nowMs + delayMs, work));
    }

    // ---- what happens by itself

    void pass(long ms) {
        nowMs += ms;
        timers.stream().filter(timer -> timer.dueMs <= nowMs).forEach(tasks::add);
        timers.removeIf(timer -> timer.dueMs <= nowMs);
        for (MetadataImage.BrokerRegistration broker : image().brokers().values()) {
            Heard last = heard.get(broker.nodeId());
            if (last == null || last.brokerEpoch < broker.brokerEpoch()) {
                heard(broker.nodeId(), broker.brokerEpoch());
            } else if (!broker.fenced() && nowMs - last.atMs > SESSION_MS) {
                fence(broker.nodeId());
            }
        }
    }

    void fence(int node) {
        MetadataImage.BrokerRegistration known = requireNonNull(image().brokers().get(node));
        if (!known.fenced()) {
            say("journal: fences %d", node);
            journal.ask(new MetadataRequest.FenceBroker(node, known.brokerEpoch()));
        }
    }

    /** Some work of another thread is done. */
    void work() {
        if (tasks.isEmpty()) {
            return;
        }
        Task task = tasks.remove(random.nextInt(tasks.size()));
        if (!task.node.isUp() || task.node.incarnation() != task.incarnation) {
            return;
        }
        if (task.node.isPaused()) {
            tasks.add(task);
        } else {
            task.work.run();
        }
    }

    /** All that is on its way arrives, and all that is to be done is done. */
    void becomeQuiet() {
        for (int i = 0; !(tasks.isEmpty() && network.isEmpty()); i++) {
            if (i == MOST_TO_DO) {
                throw new Violation("EventuallyQuiet", "there is always more to do");
            }
            network.deliver();
            work();
        }
    }

    /** The broker hears of what has happened since, or of some of it. */
    void follow(SimulatedNode node, boolean all) {
        int first = images.size() - 1;
        while (first > 0 && images.get(first - 1).version() > node.image().version()) {
            first--;
        }
        int behind = images.size() - first;
        node.follow(images.get(all ? images.size() - 1 : first + random.nextInt(behind)));
    }

    /** Invariants that concern what the journal says and what the replicas have. */
    void check() {
        MetadataImage image = image();
        for (TopicPartition partition : topicIds.keySet()) {
            Map<Integer, SimulatedReplica> replicas = new HashMap<>();
            nodes.forEach((id, node) -> replicas.put(id, node.replica(partition)));
            history(partition).checkCandidates(state(image, partition), replicas);
        }
        for (SimulatedNode node : nodes.values()) {
            MetadataImage.BrokerRegistration known = requireNonNull(image.brokers().get(node.id()));
            if (node.isUp()
                    && known.brokerEpoch() == node.brokerEpoch()
                    && known.isActive()
                    && !node.isRegistered()) {
                throw new Violation(
                        "ActiveBrokersKnowIt",
                        "broker %d may lead and is at version %d, registered at %d"
                                .formatted(node.id(), node.image().version(), known.brokerEpoch()));
            }
        }
    }
}
