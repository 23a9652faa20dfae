package dev.millrace.sql.row;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Record values to rows in the layout of a {@link Relation}. Only wanted columns are decoded, the
 * others stay null; key, time, partition and offset are put in by {@link #withKey} and {@link
 * #withMetadata}.
 */
public final class RecordDecoder implements Deserializer<Row> {
    private final Relation relation;
    private final int width;
    private final boolean[] wanted;
    private final Map<String, Integer> jsonIndexes = new HashMap<>();
    private final List<SqlType.Field> layout;
    private final boolean anyValueColumn;

    /**
     * @param wanted indexes into the layout of the columns that the query uses
     */
    public RecordDecoder(Relation relation, Set<Integer> wanted) {
        this.relation = relation;
        this.layout = relation.layout();
        this.width = layout.size();
        this.wanted = new boolean[width];
        wanted.forEach(index -> this.wanted[index] = true);
        boolean any = false;
        for (int i = 1; i <= relation.columns().size(); i++) {
            if (this.wanted[i]) {
                any = true;
                jsonIndexes.put(layout.get(i).name(), i);
            }
        }
        this.anyValueColumn = any;
    }

    public boolean wantsKey() {
        return wanted[0];
    }

    /** Whether rowtime, rowpartition or rowoffset is used. */
    public boolean wantsMetadata() {
        int first = relation.rowtimeIndex();
        return wanted[first] || wanted[first + 1] || wanted[first + 2];
    }

    /**
     * @return null for a null value (a tombstone)
     * @throws SerializationException if the value is not what the relation's format says
     */
    @Override
    public @Nullable Row deserialize(String topic, byte @Nullable [] value) {
        if (value == null) {
            return null;
        }
        @Nullable Object[] values = new Object[width];
        if (anyValueColumn) {
            switch (relation.format()) {
                case JSON:
                    decodeJson(value, values);
                    break;
                case TEXT:
                    values[1] = new String(value, StandardCharsets.UTF_8);
                    break;
                case LONG:
                    if (value.length != 8) {
                        throw new SerializationException(
                                "an eight byte number was expected, "
                                        + value.length
                                        + " bytes came");
                    }
                    values[1] = ByteBuffer.wrap(value).getLong();
                    break;
                case BYTES:
                    values[1] = value;
                    break;
            }
        }
        return new Row(values);
    }

    private void decodeJson(byte[] value, @Nullable Object[] values) {
        try (JsonParser in = Json.FACTORY.createParser(value)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw new SerializationException("a JSON object was expected");
            }
            int left = jsonIndexes.size();
            while (in.nextToken() != JsonToken.END_OBJECT) {
                Integer index = jsonIndexes.get(in.currentName());
                in.nextToken();
                if (index == null) {
                    in.skipChildren();
                    continue;
                }
                values[index] = Json.read(in, layout.get(index).type());
                if (--left == 0) {
                    return;
                }
            }
        } catch (IOException e) {
            throw new SerializationException("malformed JSON: " + e.getMessage(), e);
        }
    }

    /** Puts the record's key into a row that {@link #deserialize} made. */
    public Row withKey(byte @Nullable [] key, Row row) {
        if (wanted[0]) {
            row.values()[0] = decodeKey(key);
        }
        return row;
    }

    /** Puts time, partition and offset into a row that {@link #deserialize} made. */
    public Row withMetadata(Row row, long timestampMs, int partition, long offset) {
        int first = relation.rowtimeIndex();
        row.values()[first] = timestampMs;
        row.values()[first + 1] = (long) partition;
        row.values()[first + 2] = offset;
        return row;
    }

    private @Nullable Object decodeKey(byte @Nullable [] key) {
        if (key == null) {
            return null;
        }
        if (relation.keyFormat() == Relation.ValueFormat.LONG) {
            return key.length == 8 ? (Object) ByteBuffer.wrap(key).getLong() : null;
        }
        if (relation.keyFormat() == Relation.ValueFormat.BYTES) {
            return key;
        }
        return Values.ofText(new String(key, StandardCharsets.UTF_8), relation.keyType());
    }
}
