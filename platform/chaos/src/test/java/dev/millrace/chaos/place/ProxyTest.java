package dev.millrace.chaos.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(30)
class ProxyTest {
    private static final int NODE = 1;
    private static final int SILENCE_MS = 150;

    private final Links links = new Links();
    private ServerSocket target;
    private Proxy proxy;
    private Socket near;
    private Socket far;

    @BeforeEach
    void connect() throws IOException {
        open(Map.of());
    }

    @AfterEach
    void disconnect() throws IOException {
        near.close();
        far.close();
        proxy.close();
        target.close();
    }

    @Test
    void passes_bytes_both_ways() throws IOException {
        near.getOutputStream().write(1);
        assertThat(far.getInputStream().read()).isEqualTo(1);

        far.getOutputStream().write(2);
        assertThat(near.getInputStream().read()).isEqualTo(2);
    }

    @Test
    void a_cut_direction_keeps_its_bytes_until_it_is_healed_while_the_other_passes()
            throws IOException {
        links.cut(Network.CLIENTS, NODE);

        near.getOutputStream().write(1);
        far.getOutputStream().write(2);

        assertThat(near.getInputStream().read()).isEqualTo(2);
        far.setSoTimeout(SILENCE_MS);
        assertThatThrownBy(() -> far.getInputStream().read())
                .isInstanceOf(SocketTimeoutException.class);
        links.heal();
        far.setSoTimeout(0);
        assertThat(far.getInputStream().read()).isEqualTo(1);
    }

    @Test
    void the_end_of_a_connection_does_not_pass_a_cut_direction_either() throws IOException {
        links.cut(Network.CLIENTS, NODE);

        near.close();

        far.setSoTimeout(SILENCE_MS);
        assertThatThrownBy(() -> far.getInputStream().read())
                .isInstanceOf(SocketTimeoutException.class);
        links.heal();
        far.setSoTimeout(0);
        assertThat(far.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_connection_belongs_to_the_node_whose_process_holds_its_other_end() throws IOException {
        disconnect();
        open(Map.of(ProcessHandle.current().pid(), 2));
        links.cut(Network.CLIENTS, NODE);

        near.getOutputStream().write(1);
        assertThat(far.getInputStream().read()).isEqualTo(1);

        links.cut(2, NODE);
        near.getOutputStream().write(2);
        far.setSoTimeout(SILENCE_MS);
        assertThatThrownBy(() -> far.getInputStream().read())
                .isInstanceOf(SocketTimeoutException.class);
    }

    private void open(Map<Long, Integer> nodeOfPid) throws IOException {
        target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        int free;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = probe.getLocalPort();
        }
        proxy = Proxy.open(NODE, free, target.getLocalPort(), new SocketOwners(nodeOfPid), links);
        near = new Socket(InetAddress.getLoopbackAddress(), free);
        far = target.accept();
    }
}
