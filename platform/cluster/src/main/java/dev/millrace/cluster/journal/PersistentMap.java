package dev.millrace.cluster.journal;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An immutable hash map whose changed copies share everything but one path with the original: a
 * hash array mapped trie, 32 ways, five bits of the hash per level. One change of a map of 10,000
 * topics copies three or four small arrays instead of 10,000 entries, so every journal record can
 * publish an image of its own.
 *
 * <pre>
 *   node:  bitmap  0b..100101        which of the 32 slots are taken
 *          slots   [ entry | node | entry ]     packed; index = bits set below the slot's bit
 *   below the last hash bit: one node of colliding entries, searched in line
 * </pre>
 *
 * Readable from any thread. {@code put} and {@code remove} of {@link Map} are not supported.
 *
 * @see "P. Bagwell, Ideal Hash Trees, 2001"
 */
public final class PersistentMap<K, V> extends AbstractMap<K, V> {
    private static final int BITS = 5;
    private static final int MASK = (1 << BITS) - 1;
    private static final int HASH_BITS = 32;
    private static final Node EMPTY_NODE = new Node(0, new Object[0]);
    private static final PersistentMap<?, ?> EMPTY = new PersistentMap<>(EMPTY_NODE, 0);

    private final Node root;
    private final int size;

    private PersistentMap(Node root, int size) {
        this.root = root;
        this.size = size;
    }

    @SuppressWarnings("unchecked") // It holds nothing.
    public static <K, V> PersistentMap<K, V> empty() {
        return (PersistentMap<K, V>) EMPTY;
    }

    /** This map with {@code key} bound to {@code value}. */
    public PersistentMap<K, V> with(K key, V value) {
        SimpleImmutableEntry<K, V> entry = new SimpleImmutableEntry<>(key, value);
        boolean grows = find(key) == null;
        return new PersistentMap<>(
                root.with(entry, spread(key.hashCode()), 0), grows ? size + 1 : size);
    }

    /** This map without {@code key}. */
    public PersistentMap<K, V> without(K key) {
        if (find(key) == null) {
            return this;
        }
        return size == 1
                ? empty()
                : new PersistentMap<>(root.without(key, spread(key.hashCode()), 0), size - 1);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean containsKey(Object key) {
        return find(key) != null;
    }

    @Override
    @SuppressWarnings("unchecked") // Entries are put in by with() only.
    public @Nullable V get(Object key) {
        Entry<?, ?> entry = find(key);
        return entry == null ? null : (V) entry.getValue();
    }

    private @Nullable Entry<?, ?> find(Object key) {
        return root.find(key, spread(key.hashCode()), 0);
    }

    /** Hash codes of short strings and small integers differ in their low bits only. */
    private static int spread(int hash) {
        return (hash * 0x9E3779B9) ^ (hash >>> 16);
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<K, V>> iterator() {
                return new EntryIterator<>(root);
            }

            @Override
            public int size() {
                return size;
            }
        };
    }

    /** Slots are entries or deeper nodes; {@code bitmap} is unused below the last hash bit. */
    private static final class Node {
        final int bitmap;
        final Object[] slots;

        Node(int bitmap, Object[] slots) {
            this.bitmap = bitmap;
            this.slots = slots;
        }

        @Nullable Entry<?, ?> find(Object key, int hash, int shift) {
            if (shift >= HASH_BITS) {
                int at = indexOfCollision(key);
                return at < 0 ? null : (Entry<?, ?>) slots[at];
            }
            int bit = 1 << ((hash >>> shift) & MASK);
            if ((bitmap & bit) == 0) {
                return null;
            }
            Object slot = slots[index(bit)];
            if (slot instanceof Node node) {
                return node.find(key, hash, shift + BITS);
            }
            Entry<?, ?> entry = (Entry<?, ?>) slot;
            return entry.getKey().equals(key) ? entry : null;
        }

        Node with(Entry<?, ?> entry, int hash, int shift) {
            if (shift >= HASH_BITS) {
                int at = indexOfCollision(entry.getKey());
                return at < 0
                        ? new Node(0, inserted(slots, slots.length, entry))
                        : new Node(0, replaced(slots, at, entry));
            }
            int bit = 1 << ((hash >>> shift) & MASK);
            int at = index(bit);
            if ((bitmap & bit) == 0) {
                return new Node(bitmap | bit, inserted(slots, at, entry));
            }
            Object slot = slots[at];
            if (slot instanceof Node node) {
                return new Node(bitmap, replaced(slots, at, node.with(entry, hash, shift + BITS)));
            }
            Entry<?, ?> old = (Entry<?, ?>) slot;
            if (old.getKey().equals(entry.getKey())) {
                return new Node(bitmap, replaced(slots, at, entry));
            }
            Node below =
                    EMPTY_NODE
                            .with(old, spread(old.getKey().hashCode()), shift + BITS)
                            .with(entry, hash, shift + BITS);
            return new Node(bitmap, replaced(slots, at, below));
        }

        /** {@code key} is present. */
        Node without(Object key, int hash, int shift) {
            if (shift >= HASH_BITS) {
                return new Node(0, removed(slots, indexOfCollision(key)));
            }
            int bit = 1 << ((hash >>> shift) & MASK);
            int at = index(bit);
            if (!(slots[at] instanceof Node node)) {
                return new Node(bitmap & ~bit, removed(slots, at));
            }
            Node below = node.without(key, hash, shift + BITS);
            // A lone entry moves up, so that equal maps have equal shapes and paths stay short.
            boolean lone = below.slots.length == 1 && !(below.slots[0] instanceof Node);
            return new Node(bitmap, replaced(slots, at, lone ? below.slots[0] : below));
        }

        private int index(int bit) {
            return Integer.bitCount(bitmap & (bit - 1));
        }

        private int indexOfCollision(Object key) {
            for (int i = 0; i < slots.length; i++) {
                if (((Entry<?, ?>) slots[i]).getKey().equals(key)) {
                    return i;
                }
            }
            return -1;
        }

        private static Object[] replaced(Object[] from, int at, Object slot) {
            Object[] to = from.clone();
            to[at] = slot;
            return to;
        }

        private static Object[] inserted(Object[] from, int at, Object slot) {
            Object[] to = Arrays.copyOf(from, from.length + 1);
            System.arraycopy(from, at, to, at + 1, from.length - at);
            to[at] = slot;
            return to;
        }

        private static Object[] removed(Object[] from, int at) {
            Object[] to = Arrays.copyOf(from, from.length - 1);
            System.arraycopy(from, at + 1, to, at, to.length - at);
            return to;
        }
    }

    /** Depth first; the stack is at most eight deep. */
    private static final class EntryIterator<K, V> implements Iterator<Entry<K, V>> {
        private final Deque<Iterator<Object>> path = new ArrayDeque<>();

        EntryIterator(Node root) {
            path.push(Arrays.asList(root.slots).iterator());
        }

        @Override
        public boolean hasNext() {
            while (!path.isEmpty() && !path.element().hasNext()) {
                path.pop();
            }
            return !path.isEmpty();
        }

        @Override
        @SuppressWarnings("unchecked") // Entries are put in by with() only.
        public Entry<K, V> next() {
            while (hasNext()) {
                Object slot = path.element().next();
                if (slot instanceof Node node) {
                    path.push(Arrays.asList(node.slots).iterator());
                } else {
                    return (Entry<K, V>) slot;
                }
            }
            throw new NoSuchElementException();
        }
    }
}
