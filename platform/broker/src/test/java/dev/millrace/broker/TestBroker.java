package dev.millrace.broker;

/**
 * A broker for the tests of modules that speak the Kafka protocol: an embedded single node, or the
 * broker named by the system property {@code millrace.test.bootstrap} (for instance Apache Kafka,
 * to see that a module works there too).
 */
public final class TestBroker implements AutoCloseable {
    private final String bootstrapServers;

    private TestBroker(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    public static TestBroker start() {
        String external = System.getProperty("millrace.test.bootstrap");
        if (external == null) {
            throw new IllegalStateException(
                    "the embedded broker is not there yet: set millrace.test.bootstrap");
        }
        return new TestBroker(external);
    }

    /** HOST:PORT */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    @Override
    public void close() {}
}
