package dev.millrace.sql.exec;

import dev.millrace.sql.catalog.Relation;
import dev.millrace.streams.Topology;

/**
 * A persistent query ready to run.
 *
 * @param topology what KafkaStreams runs
 * @param output the relation of its output topic, without a query id
 */
public record CompiledTopology(Topology topology, Relation output) {}
