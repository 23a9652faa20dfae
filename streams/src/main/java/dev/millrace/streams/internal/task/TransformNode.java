package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.ValueTransformerWithKey;
import dev.millrace.streams.kstream.ValueTransformerWithKeySupplier;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** New values of a table by a transformer with state; it sees deletions, too. */
public final class TransformNode extends TableNodes.Keeping {
    private final String name;
    private final ValueTransformerWithKeySupplier<Object, Object, Object> supplier;
    private final Set<String> storeNames;
    private @Nullable ValueTransformerWithKey<Object, Object, Object> transformer;

    public TransformNode(
            String name,
            ValueTransformerWithKeySupplier<Object, Object, Object> supplier,
            Set<String> storeNames,
            @Nullable String storeName,
            boolean sendOldValues) {
        super(storeName, sendOldValues);
        this.name = name;
        this.supplier = supplier;
        this.storeNames = storeNames;
    }

    @Override
    void init(TaskContext context) {
        super.init(context);
        transformer = make(name, supplier, context, storeNames);
    }

    static ValueTransformerWithKey<Object, Object, Object> make(
            String name,
            ValueTransformerWithKeySupplier<Object, Object, Object> supplier,
            TaskContext context,
            Set<String> storeNames) {
        ValueTransformerWithKey<Object, Object, Object> made = supplier.get();
        if (made == null) {
            throw new StreamsException("The supplier of transformer " + name + " returned null");
        }
        made.init(new TransformerContext(name, context, storeNames));
        return made;
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        Object passedKey = Erased.any(key);
        Object after = transform(passedKey, value);
        if (versioned != null) {
            putVersion(versioned, passedKey, after, timestamp);
        } else if (rows != null) {
            rows.update(passedKey, after, sendOldValues ? rows.get(passedKey) : null, timestamp);
        } else {
            forward(key, after, sendOldValues ? transform(passedKey, old) : null, timestamp);
        }
    }

    private @Nullable Object transform(Object key, @Nullable Object value) {
        if (transformer == null) {
            throw new IllegalStateException("Transformer " + name + " is not initialised");
        }
        return transformer.transform(key, Erased.any(value));
    }

    @Override
    boolean seesOffsets() {
        return true;
    }

    @Override
    void close() {
        if (transformer != null) {
            transformer.close();
            transformer = null;
        }
    }

    /** The transformed row, computed when it is asked for. */
    public static final class Getter extends ValueGetter {
        private final String name;
        private final ValueTransformerWithKeySupplier<Object, Object, Object> supplier;
        private final Set<String> storeNames;
        private final ValueGetter parent;
        private @Nullable ValueTransformerWithKey<Object, Object, Object> transformer;

        public Getter(
                String name,
                ValueTransformerWithKeySupplier<Object, Object, Object> supplier,
                Set<String> storeNames,
                ValueGetter parent) {
            this.name = name;
            this.supplier = supplier;
            this.storeNames = storeNames;
            this.parent = parent;
        }

        @Override
        void init(TaskContext context) {
            parent.init(context);
            transformer = make(name, supplier, context, storeNames);
        }

        @Override
        @Nullable Object get(Object key) {
            Object value = parent.get(key);
            Object transformed =
                    transformer == null ? null : transformer.transform(key, Erased.any(value));
            timestamp(transformed == null ? -1 : parent.timestamp());
            return transformed;
        }
    }
}
