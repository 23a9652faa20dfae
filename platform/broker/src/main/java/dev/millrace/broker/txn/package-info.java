/**
 * The transaction coordinator: producer ids, epochs and open transactions of transactional ids, and
 * the markers that end them.
 *
 * <p>A transactional id belongs to one partition of {@code __transaction_state}, the partition to
 * the broker that leads it, and there to the event loop that owns its log. {@link
 * dev.millrace.broker.txn.TxnMachine} decides and knows neither clock nor log; {@link
 * dev.millrace.broker.txn.TxnShard} appends what was decided, answers, and has markers written;
 * {@link dev.millrace.broker.txn.TxnCoordinator} finds the shard of an id.
 *
 * <pre>
 *              AddPartitions         EndTxn                      all markers written
 *     EMPTY ----------------&gt; ONGOING ------&gt; PREPARE_COMMIT ---------------------&gt; COMPLETE_COMMIT
 *       ^                       |                (or ABORT)                          (or ABORT)
 *       | InitProducerId        | silent for too long, or InitProducerId                 |
 *       +--- (epoch + 1) -------+--------------&gt; PREPARE_ABORT (epoch + 1)               |
 *                               ^--------------------------------------------------------+
 * </pre>
 *
 * The decision is in the log before the first marker is written; a shard that is loaded with a
 * decision writes the markers again.
 *
 * @see "KIP-98 (transactions), KIP-360 (epoch bump), KIP-447 (fencing by group metadata), KIP-664
 *     (tools), KIP-890 (transactions v2), KIP-1319"
 */
@NullMarked
package dev.millrace.broker.txn;

import org.jspecify.annotations.NullMarked;
