/** What a node may be told, under Kafka's names: settings, their checks, and what they come to. */
@NullMarked
package dev.millrace.node.config;

import org.jspecify.annotations.NullMarked;
