package dev.millrace.cluster.live;

import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;

/** Numbers for the entry processors that members send each other; a number is never used again. */
final class LiveTypes implements DataSerializableFactory {
    static final int FACTORY_ID = 7_401;
    static final int PUT_FENCED = 1;
    static final int REMOVE_FENCED = 2;

    @Override
    public IdentifiedDataSerializable create(int typeId) {
        return switch (typeId) {
            case PUT_FENCED -> new PutFenced();
            case REMOVE_FENCED -> new RemoveFenced();
            default ->
                    throw new IllegalArgumentException(
                            "A member sent an entry processor of type "
                                    + typeId
                                    + ", this version knows 1 and 2; all nodes must run the same"
                                    + " version");
        };
    }
}
