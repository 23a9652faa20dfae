package dev.millrace.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ServerProcessTest {
    @Test
    void a_process_with_two_listeners_counts_once() throws Exception {
        try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ServerProcess one = ServerProcess.listeningOn(List.of(first.getLocalPort()));
            ServerProcess both =
                    ServerProcess.listeningOn(
                            List.of(first.getLocalPort(), second.getLocalPort()));

            double cpuBefore = one.cpuSeconds().orElseThrow();
            assertThat(both.cpuSeconds().orElseThrow())
                    .isBetween(cpuBefore, cpuBefore * 1.5 + 0.5);
            assertThat(one.residentBytes().orElseThrow()).isGreaterThan(10 << 20);
        }
    }

    @Test
    void figures_are_unknown_if_one_of_the_processes_is_elsewhere() throws Exception {
        try (ServerSocket here = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int closed;
            try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                closed = gone.getLocalPort();
            }
            ServerProcess partly = ServerProcess.listeningOn(Set.of(here.getLocalPort(), closed));

            assertThat(partly.cpuSeconds()).isEmpty();
            assertThat(partly.residentBytes()).isEmpty();
        }
    }
}
