package dev.millrace.chaos.place;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes the connections to one port of a node on, byte by byte, as far as {@link Links} lets them.
 * Two threads for each connection: there are some dozens of them.
 */
final class Proxy implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Proxy.class);
    private static final int CHUNK_BYTES = 16 * 1024;

    private final int node;
    private final int targetPort;
    private final SocketOwners owners;
    private final Links links;
    private final ServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private Proxy(int node, int targetPort, SocketOwners owners, Links links, ServerSocket server) {
        this.node = node;
        this.targetPort = targetPort;
        this.owners = owners;
        this.links = links;
        this.server = server;
    }

    static Proxy open(int node, int port, int targetPort, SocketOwners owners, Links links)
            throws IOException {
        ServerSocket server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Proxy proxy = new Proxy(node, targetPort, owners, links, server);
        proxy.thread("proxy-" + port, proxy::accept);
        return proxy;
    }

    private void thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket from = server.accept();
                sockets.add(from);
                thread("proxied-" + from.getPort(), () -> connect(from));
            } catch (IOException e) {
                if (!server.isClosed()) {
                    log.warn("accepting for node {}", node, e);
                }
            }
        }
    }

    private void connect(Socket from) {
        int peer = owners.nodeAt(from.getPort(), from.getLocalPort());
        try {
            // The first packets go both ways.
            links.awaitOpen(peer, node);
            links.awaitOpen(node, peer);
            Socket to = new Socket(InetAddress.getLoopbackAddress(), targetPort);
            sockets.add(to);
            from.setTcpNoDelay(true);
            to.setTcpNoDelay(true);
            thread("proxied-" + from.getPort() + "-back", () -> pass(to, node, from, peer));
            pass(from, peer, to, node);
        } catch (IOException e) {
            close(from); // the node does not listen: its peers see a connection that ends
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(Socket from, int fromPlace, Socket to, int toPlace) {
        byte[] chunk = new byte[CHUNK_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                links.pass(fromPlace, toPlace, read);
                out.write(chunk, 0, read);
            }
            links.awaitOpen(fromPlace, toPlace);
        } catch (IOException e) {
            log.trace("a connection to node {} ended", node, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(from);
            close(to);
        }
    }

    private void close(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            log.trace("closing a connection to node {}", node, e);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            log.warn("closing the proxy of node {}", node, e);
        }
        Set.copyOf(sockets).forEach(this::close);
    }
}
