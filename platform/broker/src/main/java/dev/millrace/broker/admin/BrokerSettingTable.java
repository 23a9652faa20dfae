package dev.millrace.broker.admin;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/** Reads {@code broker-settings.tsv}, whose first lines say what is in it. */
final class BrokerSettingTable {
    private static final String RESOURCE = "broker-settings.tsv";
    private static final String HALF_THE_PROCESSORS = "@half-the-processors";
    private static final int COLUMNS = 8;

    private final Map<String, String> reasons = new HashMap<>();
    private final Map<String, BrokerSetting> settings = new TreeMap<>();

    private BrokerSettingTable() {}

    static Map<String, BrokerSetting> read() {
        BrokerSettingTable table = new BrokerSettingTable();
        try (InputStream resource = BrokerSettingTable.class.getResourceAsStream(RESOURCE);
                BufferedReader lines =
                        new BufferedReader(
                                new InputStreamReader(
                                        Objects.requireNonNull(resource, RESOURCE),
                                        StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                table.add(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Collections.unmodifiableMap(table.settings);
    }

    private void add(String line) {
        if (line.isEmpty() || line.startsWith("#")) {
            return;
        }
        String[] cells = line.split("\t", -1);
        if (line.startsWith("@")) {
            reasons.put(cells[0].substring(1), cells[1]);
            return;
        }
        String[] row = new String[COLUMNS];
        for (int i = 0; i < COLUMNS; i++) {
            row[i] = i < cells.length ? cells[i] : "";
        }
        String name = row[0];
        ConfigDef.Type type = ConfigDef.Type.valueOf(row[1]);
        String[] mode = row[4].split(" ", -1);
        settings.put(
                name,
                new BrokerSetting(
                        name,
                        type,
                        value(row[2]),
                        value(row[3].isEmpty() ? row[2] : row[3]),
                        BrokerSetting.UpdateMode.of(mode[0]),
                        mode.length > 1,
                        ValueRule.parse(type, row[5]),
                        reason(row[6], '@'),
                        reason(row[6], '!'),
                        documentation(name, row[7])));
    }

    private static @Nullable String value(String cell) {
        return switch (cell) {
            case "null" -> null;
            case HALF_THE_PROCESSORS ->
                    String.valueOf(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
            default -> cell;
        };
    }

    private String reason(String cell, char kind) {
        if (cell.isEmpty() || cell.charAt(0) != kind) {
            return "";
        }
        return Objects.requireNonNull(reasons.get(cell.substring(1)), cell);
    }

    private static String documentation(String name, String cell) {
        if (!cell.equals("@topic")) {
            return cell;
        }
        for (TopicConfig topic : TopicConfigs.all()) {
            for (TopicConfig.Synonym synonym : topic.synonyms()) {
                if (synonym.brokerName().equals(name)) {
                    return "Default of topics' " + topic.name() + ". " + topic.documentation();
                }
            }
        }
        throw new IllegalStateException(name + " is the default of no topic config");
    }
}
