package dev.millrace.sql.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.sql.validate.SqlNameMatcher;
import org.apache.calcite.sql.validate.SqlNameMatchers;
import org.jspecify.annotations.Nullable;

/**
 * Names match ignoring case, but a name written exactly so comes first: of the JSON fields {@code
 * user} and {@code User}, {@code User} means the second.
 */
final class NameMatcher implements SqlNameMatcher {
    private final SqlNameMatcher lenient = SqlNameMatchers.withCaseSensitive(false);

    @Override
    public boolean isCaseSensitive() {
        return false;
    }

    @Override
    public boolean matches(String string, String name) {
        return string.equalsIgnoreCase(name);
    }

    @Override
    @SuppressWarnings("SuspiciousMethodCalls") // a list is equal to a list of any class
    public <K extends List<String>, V> @Nullable V get(
            Map<K, V> map, List<String> prefixNames, List<String> names) {
        List<String> key =
                java.util.stream.Stream.concat(prefixNames.stream(), names.stream()).toList();
        V exact = map.get(key);
        return exact != null ? exact : lenient.get(map, prefixNames, names);
    }

    @Override
    public String bestString() {
        return lenient.bestString();
    }

    @Override
    public @Nullable RelDataTypeField field(RelDataType rowType, String fieldName) {
        RelDataTypeField exact = rowType.getField(fieldName, true, false);
        return exact != null ? exact : rowType.getField(fieldName, false, false);
    }

    @Override
    public int frequency(Iterable<String> names, String name) {
        return lenient.frequency(names, name);
    }

    /** Aliases that differ in case are different: both fields of the example may be selected. */
    @Override
    public Set<String> createSet() {
        return new LinkedHashSet<>();
    }
}
