package dev.millrace.bench;

import java.util.List;

/**
 * One kind of load. Stateless: each call of {@link #run} uses topics of its own and removes them.
 */
@FunctionalInterface
interface Benchmark {
    /**
     * Runs once against one cluster, blocking.
     *
     * @return the figures, always the same names in the same order
     */
    List<Figure> run(Target target) throws Exception;
}
