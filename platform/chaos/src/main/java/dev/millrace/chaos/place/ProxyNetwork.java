package dev.millrace.chaos.place;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Nodes on loopback, each behind proxies: for machines without network namespaces, or without root.
 *
 * <p>A node listens at 27xx0 and more, the others find it 50 ports above. Whose connection arrives
 * at a proxy is known from the process that holds its other end ({@link SocketOwners}, Linux); what
 * nobody is known to hold is the clients'. A cut direction keeps its bytes until it is healed, as
 * TCP does with a network that loses packets; a connection attempt that would need it waits.
 */
public final class ProxyNetwork implements Network {
    private static final int FIRST_PORT = 27_000;
    private static final int PORTS_OF_NODE = 100;
    private static final int PROXY_ABOVE = 50;

    private final List<Proxy> proxies = new ArrayList<>();
    private final Map<Long, Integer> nodeOfPid = new ConcurrentHashMap<>();
    private final Links links = new Links();

    private ProxyNetwork() {}

    static ProxyNetwork create(int nodes) throws IOException {
        ProxyNetwork network = new ProxyNetwork();
        SocketOwners owners = new SocketOwners(network.nodeOfPid);
        for (int node = 1; node <= nodes; node++) {
            for (Port port : Port.values()) {
                for (int i = 0; i < port.width; i++) {
                    network.proxies.add(
                            Proxy.open(
                                    node,
                                    network.reach(node, port).port() + i,
                                    network.bind(node, port).port() + i,
                                    owners,
                                    network.links));
                }
            }
        }
        return network;
    }

    @Override
    public String description() {
        return "proxies on loopback";
    }

    @Override
    public HostPort bind(int node, Port port) {
        return new HostPort("127.0.0.1", FIRST_PORT + node * PORTS_OF_NODE + port.offset);
    }

    @Override
    public HostPort reach(int node, Port port) {
        HostPort bound = bind(node, port);
        return new HostPort(bound.host(), bound.port() + PROXY_ABOVE);
    }

    @Override
    public List<String> at(int node, List<String> command) {
        return command;
    }

    @Override
    public void started(int node, long pid) {
        nodeOfPid.put(pid, node);
    }

    @Override
    public void cut(int from, int to) {
        links.cut(from, to);
    }

    @Override
    public void slow(int node, int kbitPerSecond) {
        links.slow(node, kbitPerSecond);
    }

    @Override
    public void heal() {
        links.heal();
    }

    @Override
    public void close() {
        links.heal();
        proxies.forEach(Proxy::close);
    }
}
