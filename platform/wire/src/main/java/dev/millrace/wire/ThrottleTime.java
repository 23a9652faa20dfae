package dev.millrace.wire;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Writes the throttle time into a response. The generated classes have no common method for it, so
 * it is looked up, once per class, and only when somebody is throttled.
 */
final class ThrottleTime {
    private static final ClassValue<Optional<MethodHandle>> SETTERS =
            new ClassValue<>() {
                @Override
                protected Optional<MethodHandle> computeValue(Class<?> type) {
                    try {
                        return Optional.of(
                                MethodHandles.publicLookup()
                                        .findVirtual(
                                                type,
                                                "setThrottleTimeMs",
                                                MethodType.methodType(type, int.class)));
                    } catch (NoSuchMethodException | IllegalAccessException e) {
                        // SaslHandshake and SaslAuthenticate have no such field.
                        return Optional.empty();
                    }
                }
            };

    private ThrottleTime() {}

    /** Nothing happens where the response has no such field. */
    static void set(ApiMessage response, int throttleMs) {
        Optional<MethodHandle> setter = SETTERS.get(response.getClass());
        if (setter.isEmpty()) {
            return;
        }
        try {
            setter.get().invoke(response, throttleMs);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a setter declares no exception", e);
        }
    }
}
