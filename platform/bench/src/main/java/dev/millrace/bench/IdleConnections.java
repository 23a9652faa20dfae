package dev.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Connections that are opened and say nothing. */
final class IdleConnections implements AutoCloseable {
    private static final int TIMEOUT_MS = 10_000;

    private final List<Socket> sockets = new ArrayList<>();
    private final int asked;

    /**
     * @param server HOST:PORT
     */
    IdleConnections(String server, int count) {
        asked = count;
        int colon = server.lastIndexOf(':');
        InetSocketAddress address =
                new InetSocketAddress(
                        server.substring(0, colon), Integer.parseInt(server.substring(colon + 1)));
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket();
            try {
                socket.connect(address, TIMEOUT_MS);
                sockets.add(socket);
            } catch (IOException e) {
                // Counted: how many a server takes is a figure of the benchmark.
                break;
            }
        }
    }

    int asked() {
        return asked;
    }

    int refused() {
        return asked - sockets.size();
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
