package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Predicate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hands a record to the child of the first predicate that holds; the last child takes the rest. */
public final class BranchNode extends Node {
    private final List<Predicate<Object, Object>> predicates;

    public BranchNode(List<Predicate<Object, Object>> predicates) {
        this.predicates = predicates;
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        Node[] branches = children();
        for (int i = 0; i < predicates.size(); i++) {
            if (predicates.get(i).test(Erased.any(key), Erased.any(value))) {
                branches[i].process(key, value, null, timestamp);
                return;
            }
        }
        if (branches.length > predicates.size()) {
            branches[predicates.size()].process(key, value, null, timestamp);
        }
    }
}
