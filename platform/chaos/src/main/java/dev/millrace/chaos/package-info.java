/**
 * Three real nodes under load and faults, and a checker that looks at every offset.
 *
 * <pre>
 *   Schedule (seed) ──► Injector ──► Nodes (kill, stop, restart)   Network (cut, slow)   Disks (full)
 *                                        │
 *   workloads ── stock clients ──────────┘
 *      │ every attempt, outcome and read
 *      ▼
 *   History ──► Checker ◄── Contents (everything in all partitions at the end, both isolation levels)
 *                  │
 *                  ▼
 *              violations: none, or the run has failed
 * </pre>
 *
 * <p>Owns: the processes of the nodes, network namespaces and mounts of a run, and nothing after
 * it. Never: looks into a node other than through Kafka's protocol and the files of its log. Which
 * system is tested (Millrace or Apache Kafka) is known to {@code system} alone.
 */
@NullMarked
package dev.millrace.chaos;

import org.jspecify.annotations.NullMarked;
