package dev.millrace.broker;

import java.util.Map;

/** Where partitions and connections of a broker belong to different event loops. */
class ReplicationOnTwoLoopsTest extends ReplicationTest {
    @Override
    Map<String, String> properties() {
        return Map.of("num.network.threads", "2");
    }
}
