package dev.millrace.streams.internals;

import dev.millrace.streams.StreamsConfig;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;

/** Values of {@code upgrade.from}: the constants that a program has for them. */
public final class UpgradeFromValues {
    private final Field constant;

    private UpgradeFromValues(Field constant) {
        this.constant = constant;
    }

    public static UpgradeFromValues[] values() {
        List<UpgradeFromValues> values = new ArrayList<>();
        for (Field each : StreamsConfig.class.getFields()) {
            if (each.getName().matches("UPGRADE_FROM_\\d+")) {
                values.add(new UpgradeFromValues(each));
            }
        }
        return values.toArray(new UpgradeFromValues[0]);
    }

    @Override
    public String toString() {
        try {
            return String.valueOf(constant.get(null));
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
