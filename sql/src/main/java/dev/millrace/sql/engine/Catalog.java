package dev.millrace.sql.engine;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.plan.Relations;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What names mean: relations that were created, and every topic.
 *
 * <p>A created relation hides the topic of its name. A name means the relation or topic called
 * exactly so; else, if there is only one, the one called so ignoring case.
 */
final class Catalog {
    private final Topics topics;
    private final Map<String, Definition> definitions = new TreeMap<>(); // guarded by this

    Catalog(Topics topics) {
        this.topics = topics;
    }

    synchronized void put(String key, Definition definition) {
        definitions.put(key, definition);
    }

    synchronized @Nullable Definition remove(String key) {
        return definitions.remove(key);
    }

    synchronized @Nullable Definition definition(String name) {
        return definitions.get(Definition.key(name));
    }

    synchronized List<Definition> definitions() {
        return new ArrayList<>(definitions.values());
    }

    /** Names as they are now, for one statement. */
    Relations snapshot() {
        return new Snapshot();
    }

    /** Only these relations: what a stored query was planned with. */
    static Relations fixed(List<Relation> relations) {
        Map<String, Relation> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        relations.forEach(relation -> byName.put(relation.name(), relation));
        return new Relations() {
            @Override
            public @Nullable Relation find(String name) {
                return byName.get(name);
            }

            @Override
            public Collection<String> names() {
                return byName.keySet();
            }
        };
    }

    private final class Snapshot implements Relations {
        private @Nullable List<String> topicNames;

        @Override
        public @Nullable Relation find(String name) {
            Definition definition = definition(name);
            if (definition != null) {
                return definition.relation();
            }
            String topic = topic(name);
            return topic == null ? null : topics.infer(topic);
        }

        private @Nullable String topic(String name) {
            List<String> names = topicNames();
            if (names.contains(name)) {
                return name;
            }
            List<String> similar = names.stream().filter(t -> t.equalsIgnoreCase(name)).toList();
            if (similar.size() > 1) {
                throw SqlException.invalid(
                        "the name "
                                + name
                                + " may mean "
                                + String.join(" or ", similar)
                                + "; write it exactly");
            }
            return similar.isEmpty() ? null : similar.get(0);
        }

        private List<String> topicNames() {
            List<String> names = topicNames;
            if (names == null) {
                names = topics.names(true);
                topicNames = names;
            }
            return names;
        }

        @Override
        public Collection<String> names() {
            List<String> all = new ArrayList<>();
            for (Definition definition : definitions()) {
                all.add(definition.relation().name());
            }
            for (String topic : topicNames()) {
                if (!topic.startsWith("__")) {
                    all.add(topic);
                }
            }
            return all;
        }
    }
}
