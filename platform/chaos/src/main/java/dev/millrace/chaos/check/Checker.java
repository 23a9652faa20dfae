package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.List;

/**
 * Compares what clients were told with what is there.
 *
 * <table>
 *   <caption>Rules</caption>
 *   <tr><td>writes</td><td>acknowledged: at its offset. Everything: once at most, where it was sent to, and in order if
 *       the writer is idempotent. Nothing that nobody wrote.</td></tr>
 *   <tr><td>transactions</td><td>committed: whole. Aborted: never read by {@code read_committed}. Unknown: whole or not
 *       at all. None left open. All accounts together: nothing.</td></tr>
 *   <tr><td>reads</td><td>what was read once at an offset stays; no reader passes over a record.</td></tr>
 *   <tr><td>groups</td><td>begin where they have committed.</td></tr>
 *   <tr><td>copies</td><td>consume, produce and commit in a transaction: each record once.</td></tr>
 * </table>
 */
public final class Checker {
    private final History history;
    private final Contents contents;

    public Checker(History history, Contents contents) {
        this.history = history;
        this.contents = contents;
    }

    public List<Violation> check() {
        List<Violation> violations = new ArrayList<>(history.seen());
        violations.addAll(new LogChecks(history, contents).check());
        violations.addAll(new WriteChecks(history, contents).check());
        violations.addAll(new TransferChecks(history, contents).check());
        violations.addAll(new ReadChecks(history, contents).check());
        violations.addAll(new GroupChecks(history).check());
        violations.addAll(new CopyChecks(history, contents).check());
        return violations;
    }
}
