package dev.millrace.node;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.common.utils.Time;

/**
 * The arrows between modules: dependencies point one way, and only {@code node} knows everybody.
 */
@AnalyzeClasses(packages = "dev.millrace", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule dependencies_point_one_way =
            layeredArchitecture()
                    .consideringOnlyDependenciesInLayers()
                    .layer("wire")
                    .definedBy("dev.millrace.wire..")
                    .layer("log")
                    .definedBy("dev.millrace.log..")
                    .layer("cluster")
                    .definedBy("dev.millrace.cluster..")
                    .layer("broker")
                    .definedBy("dev.millrace.broker..")
                    .layer("client")
                    .definedBy("dev.millrace.client..")
                    .layer("streams")
                    .definedBy("dev.millrace.streams..")
                    .layer("sql")
                    .definedBy("dev.millrace.sql..")
                    .layer("connect")
                    .definedBy("dev.millrace.connect..")
                    .layer("console")
                    .definedBy("dev.millrace.console..")
                    .layer("bench")
                    .definedBy("dev.millrace.bench..")
                    .layer("examples")
                    .definedBy("dev.millrace.examples..")
                    .layer("node")
                    .definedBy("dev.millrace.node..")
                    .whereLayer("wire")
                    .mayOnlyBeAccessedByLayers("log", "cluster", "broker")
                    .whereLayer("log")
                    .mayOnlyBeAccessedByLayers("broker")
                    .whereLayer("cluster")
                    .mayOnlyBeAccessedByLayers("broker", "node")
                    .whereLayer("broker")
                    .mayOnlyBeAccessedByLayers("node")
                    .whereLayer("client")
                    .mayOnlyBeAccessedByLayers("sql", "console", "connect", "node")
                    .whereLayer("streams")
                    .mayOnlyBeAccessedByLayers("sql", "bench", "examples", "node")
                    .whereLayer("sql")
                    .mayOnlyBeAccessedByLayers("node")
                    .whereLayer("connect")
                    .mayOnlyBeAccessedByLayers("node")
                    .whereLayer("console")
                    .mayOnlyBeAccessedByLayers("node")
                    .whereLayer("bench")
                    .mayOnlyBeAccessedByLayers("node")
                    .whereLayer("examples")
                    .mayOnlyBeAccessedByLayers("node")
                    .whereLayer("node")
                    .mayNotBeAccessedByAnyLayer();

    /** They move with every release of kafka-clients: one module follows them. */
    @ArchTest
    static final ArchRule only_wire_touches_the_internals_of_kafka_clients =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.millrace.wire..")
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage(
                                            "org.apache.kafka.common.record.internal..",
                                            "org.apache.kafka.common.requests..",
                                            "org.apache.kafka.common.network..",
                                            "org.apache.kafka.common.compress..",
                                            "org.apache.kafka.common.utils..")
                                    // part of Kafka Streams' own signatures: KeyValueStore<Bytes,
                                    // byte[]>, new KafkaStreams(…, Time)
                                    .and(not(type(Bytes.class)))
                                    .and(not(type(Time.class))));

    @ArchTest
    static final ArchRule the_log_knows_no_event_loop =
            noClasses()
                    .that()
                    .resideInAPackage("dev.millrace.log..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.vertx..", "io.netty..");
}
