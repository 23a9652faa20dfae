package dev.millrace.broker;

import java.util.Map;

/** The same where connections and partitions live on different event loops. */
class ProduceAndFetchOnTwoLoopsTest extends ProduceAndFetchTest {
    @Override
    Map<String, String> properties() {
        return Map.of("num.network.threads", "2");
    }
}
