package dev.millrace.sql.engine;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.parser.Statement;
import java.util.Locale;
import java.util.Optional;

/** The WITH clause, checked. */
record SourceProperties(
        Optional<String> topic,
        Relation.ValueFormat valueFormat,
        boolean formatGiven,
        Relation.ValueFormat keyFormat,
        boolean keyFormatGiven,
        Optional<Integer> partitions,
        Optional<Short> replicas) {

    private static final int MAX_PARTITIONS = 10_000;

    static SourceProperties of(Statement.CreateSource create) {
        Optional<String> topic = Optional.empty();
        Optional<Relation.ValueFormat> valueFormat = Optional.empty();
        Optional<Relation.ValueFormat> keyFormat = Optional.empty();
        Optional<Integer> partitions = Optional.empty();
        Optional<Short> replicas = Optional.empty();
        for (Statement.Property property : create.properties()) {
            switch (property.key()) {
                case "kafka_topic":
                case "topic":
                    topic = Optional.of(property.text());
                    break;
                case "value_format":
                case "format":
                    valueFormat = Optional.of(format(property));
                    break;
                case "key_format":
                    keyFormat = Optional.of(format(property));
                    break;
                case "partitions":
                    partitions = Optional.of(whole(property, MAX_PARTITIONS));
                    break;
                case "replicas":
                case "replication_factor":
                    replicas = Optional.of((short) whole(property, Short.MAX_VALUE));
                    break;
                default:
                    throw Statements.at(
                            property.name(),
                            SqlException.Kind.INVALID,
                            "no property "
                                    + property.key()
                                    + "; there are kafka_topic, value_format, key_format,"
                                    + " partitions and replicas");
            }
        }
        return new SourceProperties(
                topic,
                valueFormat.orElse(Relation.ValueFormat.JSON),
                valueFormat.isPresent(),
                keyFormat.orElse(Relation.ValueFormat.TEXT),
                keyFormat.isPresent(),
                partitions,
                replicas);
    }

    private static Relation.ValueFormat format(Statement.Property property) {
        switch (property.text().toUpperCase(Locale.ROOT)) {
            case "JSON":
                return Relation.ValueFormat.JSON;
            case "TEXT":
            case "STRING":
            case "KAFKA":
                return Relation.ValueFormat.TEXT;
            case "LONG":
                return Relation.ValueFormat.LONG;
            case "BYTES":
                return Relation.ValueFormat.BYTES;
            default:
                throw Statements.at(
                        property.value(),
                        SqlException.Kind.INVALID,
                        property.key() + " is JSON, TEXT, LONG or BYTES, not " + property.text());
        }
    }

    private static int whole(Statement.Property property, int max) {
        try {
            int value = Integer.parseInt(property.text());
            if (value >= 1 && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Statements.at(
                property.value(),
                SqlException.Kind.INVALID,
                property.key() + " is a number from 1 to " + max + ", not " + property.text());
    }
}
