package dev.millrace.broker.txn;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;

/** Connections, partitions and coordinators on different event loops. */
class TransactionProtocolOnTwoLoopsTest extends TransactionProtocolTest {
    @BeforeAll
    static void startOnTwoLoops() throws IOException {
        startInstead(
                Map.of("transaction.state.log.num.partitions", "4", "num.network.threads", "2"));
    }
}
