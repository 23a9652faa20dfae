/**
 * The metadata journal: pure decisions and state ({@link
 * dev.millrace.cluster.journal.MetadataState}, records, requests), and the Ratis wiring that
 * appends and replays them.
 */
@NullMarked
package dev.millrace.cluster.journal;

import org.jspecify.annotations.NullMarked;
