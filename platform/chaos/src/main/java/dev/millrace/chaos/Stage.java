package dev.millrace.chaos;

import dev.millrace.chaos.place.Site;
import dev.millrace.chaos.system.Nodes;
import dev.millrace.chaos.system.SystemUnderTest;
import java.io.IOException;
import java.util.Map;

/**
 * A place with nodes that can be started. No process, namespace or mount outlives it, also when
 * Ctrl-C ends the program.
 */
final class Stage implements AutoCloseable {
    private final Site site;
    private final SystemUnderTest system;
    private final Nodes nodes;
    private final Cluster cluster;
    private final Thread onShutdown;

    private Stage(Site site, SystemUnderTest system, Nodes nodes, Cluster cluster) {
        this.site = site;
        this.system = system;
        this.nodes = nodes;
        this.cluster = cluster;
        this.onShutdown = new Thread(this::leave, "leave");
    }

    /**
     * @param wrongClocks the nodes run with the agent that can make their clocks jump
     */
    static Stage open(ChaosOptions options, boolean wrongClocks) throws IOException {
        Site site = Site.open(options.place, options.directory(), ChaosOptions.NODES);
        try {
            SystemUnderTest system = options.system(site.network());
            Stage stage =
                    new Stage(
                            site,
                            system,
                            new Nodes(
                                    system,
                                    site.network(),
                                    site.disks(),
                                    site.directory(),
                                    ChaosOptions.NODES,
                                    wrongClocks ? site.clocks()::environment : node -> Map.of()),
                            new Cluster(system.bootstrap(), ChaosOptions.NODES));
            Runtime.getRuntime().addShutdownHook(stage.onShutdown);
            return stage;
        } catch (RuntimeException e) {
            site.close();
            throw e;
        }
    }

    Site site() {
        return site;
    }

    SystemUnderTest system() {
        return system;
    }

    Nodes nodes() {
        return nodes;
    }

    Cluster cluster() {
        return cluster;
    }

    private void leave() {
        nodes.close();
        site.close();
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(onShutdown);
        cluster.close();
        leave();
    }
}
