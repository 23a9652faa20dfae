package dev.millrace.log;

import org.jspecify.annotations.Nullable;

/**
 * What a transactional append is held to, beside its batches.
 *
 * @param guarded a batch that opens a transaction needs {@code guard}
 * @param guard what {@link PartitionLog#transactionGuard} gave before the coordinator was asked;
 *     null where the transaction was open then
 * @param transactionVersion of a marker: from 2 on its epoch must be above that of the transaction
 *     it ends (KIP-890), below at least as high
 */
public record AppendTerms(boolean guarded, @Nullable TxnGuard guard, short transactionVersion) {
    /** Transactions are not guarded; markers are of version 0. */
    public static final AppendTerms NONE = new AppendTerms(false, null, (short) 0);

    public static AppendTerms guarded(@Nullable TxnGuard guard) {
        return new AppendTerms(true, guard, (short) 0);
    }

    public static AppendTerms marker(short transactionVersion) {
        return new AppendTerms(false, null, transactionVersion);
    }
}
