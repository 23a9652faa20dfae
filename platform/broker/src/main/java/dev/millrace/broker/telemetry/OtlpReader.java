package dev.millrace.broker.telemetry;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Reads what clients push: OpenTelemetry's MetricsData, in protobuf.
 *
 * <pre>
 *   MetricsData      1 ResourceMetrics*
 *   ResourceMetrics  1 Resource { 1 KeyValue* }   2 ScopeMetrics*
 *   ScopeMetrics     2 Metric*
 *   Metric           1 name   5 Gauge { 1 NumberDataPoint* }
 *                    7 Sum { 1 NumberDataPoint*   2 temporality (1 delta, 2 cumulative)   3 monotonic }
 *                    9 Histogram { 1 HistogramDataPoint*   2 temporality }
 *                   10 ExponentialHistogram { 1 ExponentialHistogramDataPoint*   2 temporality }
 *                   11 Summary { 1 SummaryDataPoint* }          see {@link OtlpDistributions}
 *   NumberDataPoint  4 double   6 sfixed64   7 KeyValue*, the labels; histograms have 9, or 1, for 7
 *   KeyValue         1 key   2 AnyValue { 1 string  2 bool  3 int  4 double }
 *
 *   field            number &lt;&lt; 3 | wire type: varint; wire types 0 varint, 1 eight bytes,
 *                    2 length and bytes, 5 four bytes
 * </pre>
 *
 * @see "https://github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto"
 */
final class OtlpReader {
    private static final int VARINT = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int LENGTH_AND_BYTES = 2;
    private static final int FOUR_BYTES = 5;
    private static final int DELTA = 1;

    private final int maxSamples;
    private final List<Sample> samples = new ArrayList<>();
    private int values;

    private OtlpReader(int maxSamples) {
        this.maxSamples = maxSamples;
    }

    /**
     * @param maxSamples numbers; more are not read
     * @throws IllegalArgumentException the bytes are not such a message
     */
    static List<Sample> read(byte[] metricsData, int maxSamples) {
        OtlpReader reader = new OtlpReader(maxSamples);
        try {
            reader.metricsData(ByteBuffer.wrap(metricsData).order(ByteOrder.LITTLE_ENDIAN));
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("The metrics end in the middle of a field", e);
        }
        return reader.samples;
    }

    /** A field as it comes; exactly one of bytes and number means something. */
    record Field(int number, int wireType, long value, ByteBuffer bytes) {
        double asDouble() {
            return Double.longBitsToDouble(value);
        }

        String asText() {
            return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        }

        /** Of a signed number that grows away from zero as it is written. */
        int asZigZag() {
            return (int) ((value >>> 1) ^ -(value & 1));
        }

        boolean isEightBytes() {
            return wireType == EIGHT_BYTES;
        }

        boolean isMessage(int wanted) {
            return number == wanted && wireType == LENGTH_AND_BYTES;
        }
    }

    static void fields(ByteBuffer message, Consumer<Field> each) {
        while (message.hasRemaining()) {
            long tag = varint(message);
            int wireType = (int) (tag & 7);
            long value = 0;
            ByteBuffer bytes = ByteBuffer.allocate(0);
            switch (wireType) {
                case VARINT -> value = varint(message);
                case EIGHT_BYTES -> value = message.getLong();
                case FOUR_BYTES -> value = message.getInt();
                case LENGTH_AND_BYTES -> {
                    long length = varint(message);
                    if (length < 0 || length > message.remaining()) {
                        throw new BufferUnderflowException();
                    }
                    bytes =
                            message.slice(message.position(), (int) length)
                                    .order(ByteOrder.LITTLE_ENDIAN);
                    message.position(message.position() + (int) length);
                }
                default ->
                        throw new IllegalArgumentException(
                                "The metrics have a field of wire type " + wireType);
            }
            each.accept(new Field((int) (tag >>> 3), wireType, value, bytes));
        }
    }

    static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = bytes.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("The metrics have a number of more than 64 bits");
    }

    private void metricsData(ByteBuffer message) {
        fields(
                message,
                field -> {
                    if (field.isMessage(1)) {
                        resourceMetrics(field.bytes());
                    }
                });
    }

    private void resourceMetrics(ByteBuffer message) {
        Map<String, String> resource = new TreeMap<>();
        List<ByteBuffer> scopes = new ArrayList<>();
        fields(
                message,
                field -> {
                    if (field.isMessage(1)) {
                        fields(
                                field.bytes(),
                                attribute -> {
                                    if (attribute.isMessage(1)) {
                                        keyValue(attribute.bytes(), resource);
                                    }
                                });
                    } else if (field.isMessage(2)) {
                        scopes.add(field.bytes());
                    }
                });
        for (ByteBuffer scope : scopes) {
            fields(
                    scope,
                    field -> {
                        if (field.isMessage(2)) {
                            metric(field.bytes(), resource);
                        }
                    });
        }
    }

    private void metric(ByteBuffer message, Map<String, String> resource) {
        StringBuilder name = new StringBuilder();
        List<ByteBuffer> gauges = new ArrayList<>();
        List<ByteBuffer> sums = new ArrayList<>();
        List<Field> distributions = new ArrayList<>();
        fields(
                message,
                field -> {
                    if (field.isMessage(1)) {
                        name.append(field.asText());
                    } else if (field.isMessage(5)) {
                        gauges.add(field.bytes());
                    } else if (field.isMessage(7)) {
                        sums.add(field.bytes());
                    } else if (field.isMessage(9) || field.isMessage(10) || field.isMessage(11)) {
                        distributions.add(field);
                    }
                });
        distributions.forEach(each -> distribution(each, name.toString(), resource));
        gauges.forEach(gauge -> points(gauge, name.toString(), resource, Sample.Kind.GAUGE));
        for (ByteBuffer sum : sums) {
            points(
                    sum.duplicate().order(ByteOrder.LITTLE_ENDIAN),
                    name.toString(),
                    resource,
                    kindOfSum(sum));
        }
    }

    private void distribution(Field metric, String name, Map<String, String> resource) {
        boolean[] delta = new boolean[1];
        List<ByteBuffer> points = new ArrayList<>();
        fields(
                metric.bytes(),
                field -> {
                    if (field.isMessage(1)) {
                        points.add(field.bytes());
                    } else if (field.number() == 2) {
                        delta[0] = field.value() == DELTA;
                    }
                });
        for (ByteBuffer point : points) {
            ByteBuffer again = point.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            switch (metric.number()) {
                case 9 ->
                        add(
                                name,
                                labels(again, 9, resource),
                                delta[0] ? Sample.Kind.HISTOGRAM_DELTA : Sample.Kind.HISTOGRAM,
                                OtlpDistributions.histogram(point));
                case 10 ->
                        add(
                                name,
                                labels(again, 1, resource),
                                delta[0] ? Sample.Kind.HISTOGRAM_DELTA : Sample.Kind.HISTOGRAM,
                                OtlpDistributions.exponential(point));
                default ->
                        add(
                                name,
                                labels(again, 7, resource),
                                Sample.Kind.SUMMARY,
                                OtlpDistributions.summary(point));
            }
        }
    }

    private static Map<String, String> labels(
            ByteBuffer point, int attributes, Map<String, String> resource) {
        Map<String, String> labels = new TreeMap<>(resource);
        fields(
                point,
                field -> {
                    if (field.isMessage(attributes)) {
                        keyValue(field.bytes(), labels);
                    }
                });
        return labels;
    }

    private void add(
            String name, Map<String, String> labels, Sample.Kind kind, List<Sample.Point> points) {
        if (values + points.size() <= maxSamples) {
            values += points.size();
            samples.add(new Sample(name, labels, kind, points));
        }
    }

    private static Sample.Kind kindOfSum(ByteBuffer sum) {
        long[] temporality = new long[1];
        boolean[] monotonic = new boolean[1];
        fields(
                sum,
                field -> {
                    if (field.number() == 2) {
                        temporality[0] = field.value();
                    } else if (field.number() == 3) {
                        monotonic[0] = field.value() != 0;
                    }
                });
        if (!monotonic[0] && temporality[0] != DELTA) {
            return Sample.Kind.GAUGE;
        }
        return temporality[0] == DELTA ? Sample.Kind.DELTA : Sample.Kind.TOTAL;
    }

    private void points(
            ByteBuffer data, String name, Map<String, String> resource, Sample.Kind kind) {
        fields(
                data,
                field -> {
                    if (field.isMessage(1)) {
                        point(field.bytes(), name, resource, kind);
                    }
                });
    }

    private void point(
            ByteBuffer message, String name, Map<String, String> resource, Sample.Kind kind) {
        Map<String, String> labels = new TreeMap<>(resource);
        double[] value = new double[1];
        fields(
                message,
                field -> {
                    if (field.number() == 4 && field.wireType() == EIGHT_BYTES) {
                        value[0] = field.asDouble();
                    } else if (field.number() == 6 && field.wireType() == EIGHT_BYTES) {
                        value[0] = field.value();
                    } else if (field.isMessage(7)) {
                        keyValue(field.bytes(), labels);
                    }
                });
        add(name, labels, kind, List.of(new Sample.Point("", Map.of(), value[0])));
    }

    private static void keyValue(ByteBuffer message, Map<String, String> into) {
        StringBuilder key = new StringBuilder();
        StringBuilder value = new StringBuilder();
        fields(
                message,
                field -> {
                    if (field.isMessage(1)) {
                        key.append(field.asText());
                    } else if (field.isMessage(2)) {
                        fields(field.bytes(), any -> value.append(anyValue(any)));
                    }
                });
        into.put(key.toString(), value.toString());
    }

    private static String anyValue(Field any) {
        return switch (any.number()) {
            case 1 -> any.asText();
            case 2 -> String.valueOf(any.value() != 0);
            case 3 -> String.valueOf(any.value());
            case 4 -> String.valueOf(any.asDouble());
            default -> "";
        };
    }
}
