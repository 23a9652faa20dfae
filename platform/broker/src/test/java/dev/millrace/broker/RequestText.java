package dev.millrace.broker;

import dev.millrace.wire.RawClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Message;
import org.jspecify.annotations.Nullable;

/**
 * Requests written as JSON, with the names of Kafka's message definitions. What is left out has its
 * default. Record batches: a text is a batch with one record of that text, a text that begins with
 * "!" is bytes that are no batch.
 */
final class RequestText {
    private RequestText() {}

    static ApiMessage parse(ApiKeys api, String json) {
        ApiMessage request = api.messageType.newRequest();
        fill(request, new JsonObject(json));
        return request;
    }

    private static void fill(Message target, JsonObject fields) {
        for (Map.Entry<String, Object> field : fields) {
            Method setter = setter(target.getClass(), field.getKey());
            Object value =
                    value(setter.getGenericParameterTypes()[0], fields.getValue(field.getKey()));
            invoke(setter, target, value);
        }
    }

    private static Method setter(Class<?> type, String field) {
        String name = "set" + field.substring(0, 1).toUpperCase(Locale.ROOT) + field.substring(1);
        return Arrays.stream(type.getMethods())
                .filter(method -> method.getName().equals(name) && method.getParameterCount() == 1)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        type.getSimpleName() + " has no field " + field));
    }

    private static void invoke(Method setter, Object target, @Nullable Object value) {
        try {
            setter.invoke(target, value);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalArgumentException(setter + " does not take " + value, e);
        }
    }

    private static @Nullable Object value(Type type, @Nullable Object json) {
        if (json == null) {
            return null;
        }
        if (json instanceof JsonArray array) {
            return list(type, array);
        }
        if (json instanceof JsonObject object) {
            return struct((Class<?>) type, object);
        }
        if (json instanceof Number number) {
            return number(type, number);
        }
        if (json instanceof String text) {
            return text(type, text);
        }
        return json;
    }

    private static Object number(Type type, Number number) {
        if (type == byte.class || type == Byte.class) {
            return number.byteValue();
        }
        if (type == short.class || type == Short.class) {
            return number.shortValue();
        }
        if (type == int.class || type == Integer.class) {
            return number.intValue();
        }
        return type == double.class ? (Object) number.doubleValue() : number.longValue();
    }

    private static Object text(Type type, String text) {
        if (type == Uuid.class) {
            return Uuid.fromString(text);
        }
        if (type == byte[].class) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (type == String.class) {
            return text;
        }
        ByteBuffer batches =
                text.startsWith("!")
                        ? ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))
                        : Batches.of(text);
        return RawClient.partition(0, batches).records();
    }

    private static Object list(Type type, JsonArray array) {
        if (type instanceof ParameterizedType generic) {
            List<@Nullable Object> list = new ArrayList<>();
            array.forEach(element -> list.add(value(generic.getActualTypeArguments()[0], element)));
            return list;
        }
        // Kafka's own collections say in their superclass what they are of.
        Class<?> collectionType = (Class<?>) type;
        ParameterizedType superclass = (ParameterizedType) collectionType.getGenericSuperclass();
        try {
            @SuppressWarnings("unchecked") // filled by reflection with what it is of
            Collection<@Nullable Object> collection =
                    (Collection<@Nullable Object>)
                            collectionType.getDeclaredConstructor().newInstance();
            array.forEach(
                    element ->
                            collection.add(value(superclass.getActualTypeArguments()[0], element)));
            return collection;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Message struct(Class<?> type, JsonObject fields) {
        try {
            Message struct = (Message) type.getDeclaredConstructor().newInstance();
            fill(struct, fields);
            return struct;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
