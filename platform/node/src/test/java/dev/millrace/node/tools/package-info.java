/**
 * Kafka's own command line tools, unmodified, run against the packaged node; what they print is
 * compared with what they print when they are run against Apache Kafka 4.3.
 *
 * <p>The scripts are {@code src/test/resources/dev/millrace/node/tools/*.script}; their expected
 * output was recorded from Apache Kafka: see {@link dev.millrace.node.tools.ToolScriptsIT}.
 */
@NullMarked
package dev.millrace.node.tools;

import org.jspecify.annotations.NullMarked;
