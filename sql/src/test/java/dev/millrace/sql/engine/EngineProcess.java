package dev.millrace.sql.engine;

import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlEngine;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An engine in a process of its own, so that it can be killed: {@code bootstrap stateDir prefix
 * definitionsTopic [statement]}. Ends when its standard input does.
 */
final class EngineProcess {
    static final int SESSION_TIMEOUT_MS = 45_000;

    private EngineProcess() {}

    static Process start(String bootstrap, Path stateDir, String id, String... statement)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(EngineProcess.class.getName());
        command.addAll(List.of(bootstrap, stateDir.toString(), id + "-", "_" + id));
        command.addAll(List.of(statement));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    public static void main(String[] args) throws IOException {
        SqlEngine engine =
                SqlEngine.start(
                        Vertx.vertx(),
                        SqlConfig.of(args[0], Path.of(args[1]))
                                .withApplicationIdPrefix(args[2])
                                .withDefinitionsTopic(args[3])
                                .withSessionTimeoutMs(SESSION_TIMEOUT_MS));
        if (args.length > 4) {
            engine.execute(engine.parse(args[4]).get(0), Map.of());
        }
        System.in.read();
        System.exit(0);
    }
}
