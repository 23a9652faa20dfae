package dev.millrace.chaos.place;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Nodes on loopback, each behind proxies: for machines without network namespaces, or without root.
 *
 * <p>The others find a node 50 ports above where it listens. Whose connection arrives at a proxy is
 * known from the process that holds its other end ({@link SocketOwners}, Linux); what nobody is
 * known to hold is the clients'. A cut direction keeps its bytes until it is healed, as TCP does
 * with a network that loses packets; a connection attempt that would need it waits.
 */
public final class ProxyNetwork implements Network {
    private static final int FIRST_PORT = 27_000; // below the ports that systems give to clients
    private static final int LAST_PORT = 32_000;
    private static final int STEP = 500;
    private static final int PORTS_OF_NODE = 100;
    private static final int PROXY_ABOVE = 50;

    private final List<Proxy> proxies = new ArrayList<>();
    private final Map<Long, Integer> nodeOfPid = new ConcurrentHashMap<>();
    private final Links links = new Links();
    private final int firstPort;

    private ProxyNetwork(int firstPort) {
        this.firstPort = firstPort;
    }

    static ProxyNetwork create(int nodes) throws IOException {
        ProxyNetwork network = new ProxyNetwork(freePorts(nodes));
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

    private static int freePorts(int nodes) throws IOException {
        for (int first = FIRST_PORT; first < LAST_PORT; first += STEP) {
            if (allFree(first + PORTS_OF_NODE, first + (nodes + 1) * PORTS_OF_NODE)) {
                return first;
            }
        }
        throw new IOException("no free ports from " + FIRST_PORT + " to " + LAST_PORT);
    }

    private static boolean allFree(int from, int to) {
        for (int port = from; port < to; port++) {
            try (ServerSocket probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String description() {
        return "proxies on loopback";
    }

    @Override
    public boolean isTransparent() {
        return false;
    }

    @Override
    public HostPort bind(int node, Port port) {
        return new HostPort("127.0.0.1", firstPort + node * PORTS_OF_NODE + port.offset);
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
