/**
 * What Hazelcast carries: who is here, where is what (published from the journal, never ahead of
 * it), and the live state of groups. Nothing in these maps is unsafe to lose.
 */
@NullMarked
package dev.millrace.cluster.live;

import org.jspecify.annotations.NullMarked;
