package dev.millrace.chaos.check;

import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * A transaction of a bank: records whose amounts sum to nothing.
 *
 * @param number counts up over all the transactions of the writer
 */
public record Transfer(String writer, long number, List<Part> parts, End end) {

    /** How the transaction ended, as far as the writer was told. */
    public enum End {
        COMMITTED,
        ABORTED,
        UNKNOWN
    }

    /**
     * @param offset that was acknowledged; -1 if none was
     */
    public record Part(TopicPartition partition, String value, long offset) {}

    /**
     * The value of a part: the transaction, which part of it, and how much it adds to the account.
     */
    public static String value(String writer, long number, int part, long amount) {
        return writer + "/" + number + "/" + part + "=" + amount;
    }

    static long amountOf(String value) {
        return Long.parseLong(value.substring(value.indexOf('=') + 1));
    }
}
