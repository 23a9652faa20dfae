package dev.millrace.broker.telemetry;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * The latest values that clients pushed, in Prometheus' text format. Bounded: clients beyond {@code
 * maxClients} are counted and not kept, and of one client not more than {@link
 * #MAX_SERIES_PER_CLIENT} series. Any thread.
 */
public final class ClientMetricsStore {
    static final int MAX_SERIES_PER_CLIENT = 1_000;

    /**
     * @param name and labels as they are written
     */
    private record Series(String name, String labels) {}

    private static final class Value {
        /** Of a histogram, the name without the suffix. */
        private final String family;

        private String type = Sample.Kind.GAUGE.type;
        private double now;

        Value(String family) {
            this.family = family;
        }
    }

    private final int maxClients;
    private final Map<Uuid, Map<Series, Value>> clients = new LinkedHashMap<>();
    private long pushes;
    private long unreadable;
    private long notKept;

    /**
     * @param maxClients {@code millrace.telemetry.clients.max}
     */
    public ClientMetricsStore(int maxClients) {
        this.maxClients = maxClients;
    }

    synchronized void put(Client client, List<Sample> samples) {
        pushes++;
        Map<Series, Value> series = clients.get(client.instanceId());
        if (series == null) {
            if (clients.size() >= maxClients) {
                notKept += samples.size();
                return;
            }
            series = new LinkedHashMap<>();
            clients.put(client.instanceId(), series);
        }
        for (Sample sample : samples) {
            put(client, series, sample);
        }
    }

    /** All values of a histogram, or none. */
    private void put(Client client, Map<Series, Value> series, Sample sample) {
        String family = PrometheusText.metricName(sample.name());
        Map<Series, Double> values = new LinkedHashMap<>();
        for (Sample.Point point : sample.points()) {
            Map<String, String> labels = new HashMap<>(sample.labels());
            labels.putAll(point.more());
            values.put(new Series(family + point.suffix(), labels(client, labels)), point.value());
        }
        long added = values.keySet().stream().filter(key -> !series.containsKey(key)).count();
        if (series.size() + added > MAX_SERIES_PER_CLIENT) {
            notKept++;
            return;
        }
        values.forEach(
                (key, now) -> {
                    Value value = series.computeIfAbsent(key, first -> new Value(family));
                    value.type = sample.kind().type;
                    value.now = sample.kind().adds ? value.now + now : now;
                });
    }

    synchronized void unreadable() {
        unreadable++;
    }

    synchronized void forget(Uuid instanceId) {
        clients.remove(instanceId);
    }

    /** All of it; lines of one name stand together, as Prometheus wants them. */
    synchronized String scrape() {
        Map<String, StringBuilder> byName = new TreeMap<>();
        for (Map<Series, Value> series : clients.values()) {
            series.forEach(
                    (key, value) ->
                            byName.computeIfAbsent(
                                            value.family,
                                            name ->
                                                    new StringBuilder("# TYPE ")
                                                            .append(name)
                                                            .append(' ')
                                                            .append(value.type)
                                                            .append('\n'))
                                    .append(key.name())
                                    .append(key.labels())
                                    .append(' ')
                                    .append(PrometheusText.number(value.now))
                                    .append('\n'));
        }
        StringBuilder text = new StringBuilder();
        figure(text, "pushes", "Pushes of client metrics that were read.", pushes);
        figure(text, "unreadable", "Pushes of client metrics that could not be read.", unreadable);
        figure(text, "dropped_samples", "Values not kept because of a limit.", notKept);
        byName.values().forEach(text::append);
        return text.toString();
    }

    private static void figure(StringBuilder text, String name, String help, long value) {
        String full = "millrace_telemetry_" + name + "_total";
        text.append("# HELP ").append(full).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(full).append(" counter\n");
        text.append(full).append(' ').append(value).append('\n');
    }

    private static String labels(Client client, Map<String, String> pushed) {
        Map<String, String> labels = new TreeMap<>();
        pushed.forEach((name, value) -> labels.put(PrometheusText.labelName(name), value));
        // Who it is, is not the client's to say.
        labels.put("client_instance_id", client.instanceId().toString());
        labels.put("client_id", client.clientId());
        labels.put("client_software_name", client.softwareName());
        labels.put("client_software_version", client.softwareVersion());
        StringBuilder text = new StringBuilder("{");
        labels.forEach(
                (name, value) ->
                        text.append(text.length() > 1 ? "," : "")
                                .append(name)
                                .append("=\"")
                                .append(PrometheusText.escaped(value))
                                .append('"'));
        return text.append('}').toString();
    }
}
