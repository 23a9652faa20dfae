package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.util.Arrays;
import java.util.NoSuchElementException;
import org.apache.kafka.common.utils.Bytes;

/** The entries of a range up to the first key without the prefix. */
final class PrefixIterator implements KeyValueIterator<Bytes, byte[]> {
    private final KeyValueIterator<Bytes, byte[]> range;
    private final byte[] prefix;

    PrefixIterator(KeyValueIterator<Bytes, byte[]> range, byte[] prefix) {
        this.range = range;
        this.prefix = prefix;
    }

    @Override
    public boolean hasNext() {
        if (!range.hasNext()) {
            return false;
        }
        byte[] key = range.peekNextKey().get();
        return key.length >= prefix.length
                && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    @Override
    public KeyValue<Bytes, byte[]> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return range.next();
    }

    @Override
    public Bytes peekNextKey() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return range.peekNextKey();
    }

    @Override
    public void close() {
        range.close();
    }
}
