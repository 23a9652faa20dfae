/**
 * The reactive Java client: produce a {@code Flowable}, read a topic as records, table or
 * changelog.
 *
 * <pre>
 * MillraceClient --- topic(name) --- Topic --- records / table / changelog --- ReaderLoop (1 thread)
 *       |                              '------ send / produce -------.
 *       |--- produce, send ------------------------------------- RecordSender (1 thread)
 *       '--- admin() --- ClusterAdmin
 * </pre>
 *
 * It knows a cluster only through the Kafka protocol. It never blocks the thread that subscribes,
 * and holds no more than {@link dev.millrace.client.ClientConfig} allows.
 */
@NullMarked
package dev.millrace.client;

import org.jspecify.annotations.NullMarked;
