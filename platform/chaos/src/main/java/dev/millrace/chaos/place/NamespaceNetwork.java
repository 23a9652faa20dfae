package dev.millrace.chaos.place;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A network namespace for each node, and one that routes between them (Linux, as root).
 *
 * <pre>
 *   mrchaos-1 10.77.1.2 ──┐
 *   mrchaos-2 10.77.2.2 ──┼── mrchaos-hub 10.77.n.1 ── 10.77.0.2 clients (the machine's own namespace)
 *   mrchaos-3 10.77.3.2 ──┘
 * </pre>
 *
 * Every packet passes the hub, so a direction is cut there: a routing rule <i>from A to B
 * blackhole</i> drops what is forwarded without telling anybody, which needs neither iptables nor
 * netem. What a run that was killed has left is removed by the next one.
 */
public final class NamespaceNetwork implements Network {
    private static final String PREFIX = Site.NAME;
    private static final String NET = "10." + (77 + Site.INSTANCE) + ".";
    private static final String HUB = PREFIX + "-hub";
    private static final int FIRST_PORT = 9092;

    private final int nodes;
    private final Set<String> rules = new HashSet<>();
    private final Set<Integer> slowed = new HashSet<>();

    private NamespaceNetwork(int nodes) {
        this.nodes = nodes;
    }

    /** Why it cannot be had here; empty if it can. */
    public static String unavailable() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return "network namespaces are Linux's";
        }
        String probe = PREFIX + "-probe";
        Shell.attempt("ip netns del " + probe);
        Shell.Outcome made = Shell.attempt("ip netns add " + probe);
        if (!made.succeeded()) {
            return made.output();
        }
        Shell.Outcome rule =
                Shell.attempt(
                        "ip -n "
                                + probe
                                + " rule add from "
                                + address(1)
                                + " to "
                                + address(2)
                                + " blackhole");
        Shell.attempt("ip netns del " + probe);
        return rule.succeeded() ? "" : rule.output();
    }

    public static NamespaceNetwork create(int nodes) {
        NamespaceNetwork network = new NamespaceNetwork(nodes);
        network.remove();
        Shell.run("ip netns add " + HUB);
        Shell.run("ip -n " + HUB + " link set lo up");
        Shell.run("ip netns exec " + HUB + " sysctl -q -w net.ipv4.ip_forward=1");
        for (int node = 1; node <= nodes; node++) {
            Shell.run("ip netns add " + namespace(node));
            network.link(node);
            String here = "ip -n " + namespace(node);
            Shell.run(here + " link set lo up");
            Shell.run(here + " route add default via " + gateway(node));
        }
        network.link(CLIENTS);
        Shell.run("ip route add " + NET + "0.0/16 via " + gateway(CLIENTS));
        return network;
    }

    private void link(int place) {
        String hubSide = hubSide(place);
        String nodeSide = PREFIX + "-n" + place;
        Shell.run("ip link add " + hubSide + " type veth peer name " + nodeSide);
        Shell.run("ip link set " + hubSide + " netns " + HUB);
        Shell.run("ip -n " + HUB + " addr add " + gateway(place) + "/30 dev " + hubSide);
        Shell.run("ip -n " + HUB + " link set " + hubSide + " up");
        String there = "ip";
        if (place != CLIENTS) {
            Shell.run("ip link set " + nodeSide + " netns " + namespace(place));
            there = "ip -n " + namespace(place);
        }
        Shell.run(there + " addr add " + address(place) + "/30 dev " + nodeSide);
        Shell.run(there + " link set " + nodeSide + " up");
    }

    @Override
    public String description() {
        return "network namespaces";
    }

    @Override
    public boolean isTransparent() {
        return true;
    }

    @Override
    public HostPort bind(int node, Port port) {
        return new HostPort(address(node), FIRST_PORT + port.offset);
    }

    @Override
    public HostPort reach(int node, Port port) {
        return bind(node, port);
    }

    @Override
    public List<String> at(int node, List<String> command) {
        // "ip netns exec" becomes the program: one pid, and no process of ours above it.
        List<String> inside = new ArrayList<>(List.of("ip", "netns", "exec", namespace(node)));
        inside.addAll(command);
        return inside;
    }

    @Override
    public void cut(int from, int to) {
        String rule = "from " + address(from) + " to " + address(to) + " blackhole";
        if (rules.add(rule)) {
            Shell.run("ip -n " + HUB + " rule add " + rule);
        }
    }

    @Override
    public void slow(int node, int kbitPerSecond) {
        if (!slowed.add(node)) {
            return;
        }
        String rate = " root tbf rate " + kbitPerSecond + "kbit burst 16kbit latency 500ms";
        Shell.run("tc -n " + HUB + " qdisc add dev " + hubSide(node) + rate);
        Shell.run("tc -n " + namespace(node) + " qdisc add dev " + PREFIX + "-n" + node + rate);
    }

    @Override
    public void heal() {
        rules.forEach(rule -> Shell.run("ip -n " + HUB + " rule del " + rule));
        rules.clear();
        for (int node : slowed) {
            Shell.run("tc -n " + HUB + " qdisc del dev " + hubSide(node) + " root");
            Shell.run(
                    "tc -n "
                            + namespace(node)
                            + " qdisc del dev "
                            + PREFIX
                            + "-n"
                            + node
                            + " root");
        }
        slowed.clear();
    }

    @Override
    public void close() {
        remove();
    }

    /** Also what another run has left: the names are all there is to know. */
    private void remove() {
        Shell.attempt("ip route del " + NET + "0.0/16");
        Shell.attempt("ip link del " + PREFIX + "-n" + CLIENTS);
        for (int node = 1; node <= nodes; node++) {
            Shell.Outcome left = Shell.attempt("ip netns pids " + namespace(node));
            if (left.succeeded() && !left.output().isEmpty()) {
                // Programs of a run that was killed: only nodes ever run in there.
                Shell.attempt("kill -9 " + left.output().replaceAll("\\s+", " "));
            }
            Shell.attempt("ip netns del " + namespace(node));
        }
        Shell.attempt("ip netns del " + HUB);
    }

    private static String namespace(int node) {
        return PREFIX + "-" + node;
    }

    private static String hubSide(int place) {
        return PREFIX + "-h" + place;
    }

    private static String address(int place) {
        return NET + place + ".2";
    }

    private static String gateway(int place) {
        return NET + place + ".1";
    }
}
