/**
 * SQL over live topics: text to statement ({@code parser}), topics to relations ({@code catalog}),
 * statement to plan ({@code plan}, by Calcite), plan to a Streams topology or to a query inside
 * this process ({@code exec}), and the ways in ({@code http}, {@code shell}).
 *
 * <pre>
 *   text -> parser -> plan ----> topology -> KafkaStreams   (CREATE ... AS SELECT)
 *                      |  \----> local query -> rows        (SELECT, SELECT ... EMIT CHANGES)
 *                   catalog
 * </pre>
 *
 * <p>Knows the cluster only through the Kafka protocol. Nothing here runs on an event loop except
 * the HTTP handlers, which hand every statement to a worker thread.
 */
@NullMarked
package dev.millrace.sql;

import org.jspecify.annotations.NullMarked;
