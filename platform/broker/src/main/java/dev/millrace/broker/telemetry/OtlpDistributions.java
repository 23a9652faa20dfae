package dev.millrace.broker.telemetry;

import dev.millrace.broker.telemetry.OtlpReader.Field;
import dev.millrace.broker.telemetry.Sample.Point;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Histograms and summaries of OpenTelemetry as Prometheus has them: buckets that count all values
 * up to their bound, the last without a bound; then sum and count.
 *
 * <pre>
 *   HistogramDataPoint      4 fixed64 count   5 double sum   6 fixed64* count of each bucket
 *                           7 double* upper bounds, one less than there are buckets
 *   ExponentialHistogram-   4 fixed64 count   5 double sum   6 sint32 scale   7 fixed64 zeros
 *     DataPoint             8 Buckets, of positive values   9 Buckets, of negative values
 *   Buckets                 1 sint32 offset   2 varint* counts: bucket i has the values above
 *                           base^(offset+i), up to base^(offset+i+1); base = 2^(2^-scale)
 *   SummaryDataPoint        4 fixed64 count   5 double sum   6 { 1 double quantile  2 double value }*
 * </pre>
 */
final class OtlpDistributions {
    /** Those of OpenTelemetry's exponential histograms; more make a histogram of no use. */
    static final int MAX_BUCKETS = 160;

    private static final String BUCKET = "_bucket";
    private static final String SUM = "_sum";
    private static final String COUNT = "_count";

    private OtlpDistributions() {}

    private static final class Figures {
        private long count;
        private double sum;

        /** True if the field was one of these. */
        boolean take(Field field) {
            if (field.number() == 4 && field.isEightBytes()) {
                count = field.value();
            } else if (field.number() == 5 && field.isEightBytes()) {
                sum = field.asDouble();
            } else {
                return false;
            }
            return true;
        }

        List<Point> after(List<Point> points) {
            List<Point> all = new ArrayList<>(points);
            all.add(new Point(SUM, Map.of(), sum));
            all.add(new Point(COUNT, Map.of(), count));
            return all;
        }

        /** With the bucket that has no bound. */
        List<Point> afterBuckets(List<Point> points) {
            List<Point> all = new ArrayList<>(points);
            all.add(bucket(Double.POSITIVE_INFINITY, count));
            return after(all);
        }
    }

    private static Point bucket(double bound, long upToHere) {
        return new Point(BUCKET, Map.of("le", PrometheusText.number(bound)), upToHere);
    }

    /**
     * @throws IllegalArgumentException it has too many buckets, or not one more than bounds
     */
    static List<Point> histogram(ByteBuffer message) {
        Figures figures = new Figures();
        List<Long> counts = new ArrayList<>();
        List<Double> bounds = new ArrayList<>();
        OtlpReader.fields(
                message,
                field -> {
                    if (figures.take(field)) {
                        return;
                    }
                    if (field.number() == 6) {
                        eachEightBytes(field, counts::add);
                    } else if (field.number() == 7) {
                        eachEightBytes(field, bits -> bounds.add(Double.longBitsToDouble(bits)));
                    }
                });
        if (!counts.isEmpty() && counts.size() != bounds.size() + 1) {
            throw new IllegalArgumentException(
                    "A histogram has %d buckets and %d bounds; expected one bound less than buckets"
                            .formatted(counts.size(), bounds.size()));
        }
        List<Point> points = new ArrayList<>();
        long upToHere = 0;
        for (int i = 0; i < bounds.size() && i < counts.size(); i++) {
            upToHere += counts.get(i);
            points.add(bucket(bounds.get(i), upToHere));
        }
        return figures.afterBuckets(points);
    }

    private static void eachEightBytes(Field field, LongConsumer each) {
        if (field.isEightBytes()) {
            each.accept(field.value());
            return;
        }
        ByteBuffer packed = field.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        requireFew(packed.remaining() / Long.BYTES);
        while (packed.hasRemaining()) {
            each.accept(packed.getLong());
        }
    }

    private static void requireFew(int buckets) {
        if (buckets > MAX_BUCKETS) {
            throw new IllegalArgumentException(
                    "A histogram has %d buckets; at most %d are taken"
                            .formatted(buckets, MAX_BUCKETS));
        }
    }

    /** Of an exponential histogram. */
    private record Buckets(int offset, List<Long> counts) {
        static final Buckets NONE = new Buckets(0, List.of());

        static Buckets read(ByteBuffer message) {
            int[] offset = new int[1];
            List<Long> counts = new ArrayList<>();
            OtlpReader.fields(
                    message,
                    field -> {
                        if (field.number() == 1) {
                            offset[0] = field.asZigZag();
                        } else if (field.number() == 2 && field.isMessage(2)) {
                            ByteBuffer packed = field.bytes().duplicate();
                            while (packed.hasRemaining()) {
                                requireFew(counts.size());
                                counts.add(OtlpReader.varint(packed));
                            }
                        } else if (field.number() == 2) {
                            requireFew(counts.size());
                            counts.add(field.value());
                        }
                    });
            requireFew(counts.size());
            return new Buckets(offset[0], counts);
        }
    }

    /**
     * @throws IllegalArgumentException it has too many buckets
     */
    static List<Point> exponential(ByteBuffer message) {
        Figures figures = new Figures();
        int[] scale = new int[1];
        long[] zeros = new long[1];
        Buckets[] signed = {Buckets.NONE, Buckets.NONE};
        OtlpReader.fields(
                message,
                field -> {
                    if (figures.take(field)) {
                        return;
                    }
                    switch (field.number()) {
                        case 6 -> scale[0] = field.asZigZag();
                        case 7 -> zeros[0] = field.value();
                        case 8 -> signed[0] = Buckets.read(field.bytes());
                        case 9 -> signed[1] = Buckets.read(field.bytes());
                        default -> {
                            // Times, flags, extremes.
                        }
                    }
                });
        List<Point> points = new ArrayList<>();
        long upToHere = 0;
        Buckets negative = signed[1];
        for (int i = negative.counts.size() - 1; i >= 0; i--) {
            upToHere += negative.counts.get(i);
            points.add(bucket(-bound(scale[0], negative.offset + (long) i), upToHere));
        }
        if (zeros[0] > 0 || upToHere > 0) {
            upToHere += zeros[0];
            points.add(bucket(0, upToHere));
        }
        Buckets positive = signed[0];
        for (int i = 0; i < positive.counts.size(); i++) {
            upToHere += positive.counts.get(i);
            points.add(bucket(bound(scale[0], positive.offset + i + 1L), upToHere));
        }
        return figures.afterBuckets(points);
    }

    /** base^index. */
    private static double bound(int scale, long index) {
        return Math.pow(2, index * Math.pow(2, -scale));
    }

    static List<Point> summary(ByteBuffer message) {
        Figures figures = new Figures();
        List<Point> quantiles = new ArrayList<>();
        OtlpReader.fields(
                message,
                field -> {
                    if (!figures.take(field) && field.isMessage(6)) {
                        requireFew(quantiles.size());
                        quantiles.add(quantile(field.bytes()));
                    }
                });
        return figures.after(quantiles);
    }

    private static Point quantile(ByteBuffer message) {
        double[] pair = new double[2];
        OtlpReader.fields(
                message,
                field -> {
                    if (field.isEightBytes() && field.number() >= 1 && field.number() <= 2) {
                        pair[field.number() - 1] = field.asDouble();
                    }
                });
        return new Point("", Map.of("quantile", PrometheusText.number(pair[0])), pair[1]);
    }
}
