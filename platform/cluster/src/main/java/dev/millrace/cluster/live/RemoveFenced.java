package dev.millrace.cluster.live;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Removes a {@link Fenced} value unless it has a larger token; answers whether it is gone. */
final class RemoveFenced
        implements EntryProcessor<String, byte[], Boolean>, IdentifiedDataSerializable {
    private static final long serialVersionUID = 1L;

    private long token;

    RemoveFenced() {
        this(0);
    }

    RemoveFenced(long token) {
        this.token = token;
    }

    @Override
    // A null value is how Hazelcast's entries are removed.
    @SuppressWarnings("NullAway")
    public Boolean process(Map.Entry<String, byte[]> entry) {
        byte @Nullable [] present = entry.getValue();
        if (present == null) {
            return true;
        }
        if (Fenced.token(present) > token) {
            return false;
        }
        entry.setValue(null);
        return true;
    }

    @Override
    public int getFactoryId() {
        return LiveTypes.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return LiveTypes.REMOVE_FENCED;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeLong(token);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        token = in.readLong();
    }
}
