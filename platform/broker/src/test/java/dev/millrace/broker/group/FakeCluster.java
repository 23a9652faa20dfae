package dev.millrace.broker.group;

import dev.millrace.broker.group.assignor.PartitionAssignor;
import dev.millrace.broker.group.assignor.RangeAssignor;
import dev.millrace.broker.group.assignor.UniformAssignor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** Topics that come, grow and go as a test says. */
final class FakeCluster implements ClusterView {
    private final TreeMap<String, Topics.Topic> topics = new TreeMap<>();
    final Map<String, String> groupConfig = new HashMap<>();
    int assignmentIntervalMs = GroupConfig.DEFAULT.consumer().assignmentIntervalMs().value();
    private long version = 1;

    /** Work elsewhere is done when {@link #finish} is called, and not at once. */
    boolean takesLong;

    private final ArrayDeque<Runnable> later = new ArrayDeque<>();

    /** How often something was done elsewhere. */
    int offloaded;

    Uuid create(String name, int partitions) {
        Uuid id = Uuid.randomUuid();
        put(name, id, partitions);
        return id;
    }

    void put(String name, Uuid id, int partitions) {
        topics.put(
                name,
                new Topics.Topic(
                        name, id, new ArrayList<>(Collections.nCopies(partitions, List.of()))));
        version++;
    }

    void grow(String name, int partitions) {
        put(name, id(name), partitions);
    }

    void delete(String name) {
        topics.remove(name);
        version++;
    }

    Uuid id(String name) {
        Topics.Topic topic = topics.get(name);
        if (topic == null) {
            throw new AssertionError("no topic " + name);
        }
        return topic.id();
    }

    @Override
    public Topics topics() {
        Map<String, Topics.Topic> now = new TreeMap<>(topics);
        long at = version;
        return new Topics() {
            @Override
            public long version() {
                return at;
            }

            @Override
            public Set<String> names() {
                return now.keySet();
            }

            @Override
            public @Nullable Topic named(String name) {
                return now.get(name);
            }

            @Override
            public @Nullable Topic withId(Uuid id) {
                return now.values().stream()
                        .filter(topic -> topic.id().equals(id))
                        .findFirst()
                        .orElse(null);
            }
        };
    }

    @Override
    public Map<String, String> groupConfig(String groupId) {
        return groupConfig;
    }

    @Override
    public int assignmentIntervalMs() {
        return assignmentIntervalMs;
    }

    @Override
    public Map<String, PartitionAssignor> assignors() {
        return Map.of("uniform", new UniformAssignor(), "range", new RangeAssignor());
    }

    @Override
    public <T> Future<T> offload(Callable<T> work) {
        offloaded++;
        Promise<T> promise = Promise.promise();
        later.add(
                () -> {
                    try {
                        promise.complete(work.call());
                    } catch (Exception e) {
                        promise.fail(e);
                    }
                });
        if (!takesLong) {
            finish();
        }
        return promise.future();
    }

    /** What was to be done elsewhere is done. */
    void finish() {
        for (Runnable next = later.poll(); next != null; next = later.poll()) {
            next.run();
        }
    }
}
