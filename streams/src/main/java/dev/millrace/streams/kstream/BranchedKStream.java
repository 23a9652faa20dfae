package dev.millrace.streams.kstream;

import java.util.Map;

/** A stream being split: a record goes to the first branch whose predicate holds, and no other. */
public interface BranchedKStream<K, V> {
    BranchedKStream<K, V> branch(Predicate<? super K, ? super V> predicate);

    BranchedKStream<K, V> branch(
            Predicate<? super K, ? super V> predicate, Branched<K, V> branched);

    /**
     * What no branch took.
     *
     * @return the branches by name: that of {@code split} and the branch's own, or its number
     */
    Map<String, KStream<K, V>> defaultBranch();

    Map<String, KStream<K, V>> defaultBranch(Branched<K, V> branched);

    /** What no branch took is dropped. */
    Map<String, KStream<K, V>> noDefaultBranch();
}
