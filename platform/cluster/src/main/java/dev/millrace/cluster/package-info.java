/**
 * What must never be lost (the metadata journal, Apache Ratis) and who is here (Hazelcast): topics,
 * replica sets, epochs, configs, producer-id blocks; membership, placement map, live group state.
 */
@NullMarked
package dev.millrace.cluster;

import org.jspecify.annotations.NullMarked;
