package dev.millrace.cluster.live;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link Fenced} value unless the present one has a larger token; answers whether it did.
 */
final class PutFenced
        implements EntryProcessor<String, byte[], Boolean>, IdentifiedDataSerializable {
    private static final long serialVersionUID = 1L;

    private byte[] value;

    PutFenced() {
        this(new byte[0]);
    }

    PutFenced(byte[] value) {
        this.value = value;
    }

    @Override
    public Boolean process(Map.Entry<String, byte[]> entry) {
        byte @Nullable [] present = entry.getValue();
        if (present != null && Fenced.token(present) > Fenced.token(value)) {
            return false;
        }
        entry.setValue(value);
        return true;
    }

    @Override
    public int getFactoryId() {
        return LiveTypes.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return LiveTypes.PUT_FENCED;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByteArray(value);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        value = Objects.requireNonNull(in.readByteArray());
    }
}
