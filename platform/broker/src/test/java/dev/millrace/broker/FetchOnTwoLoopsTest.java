package dev.millrace.broker;

import java.util.Map;

/** The same where connections and partitions live on different event loops. */
class FetchOnTwoLoopsTest extends FetchTest {
    @Override
    Map<String, String> properties() {
        return Map.of("num.network.threads", "2");
    }
}
