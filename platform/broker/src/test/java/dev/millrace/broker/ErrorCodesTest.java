package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.wire.RawClient;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Requests that ask for something that is not there or cannot be, and the error codes that Apache
 * Kafka 4.3.1 answers: {@code error-codes.txt}, a table of facts. With {@code
 * -Dmillrace.test.bootstrap} the table is held against that broker instead of ours; with {@code
 * -Dmillrace.test.record=FILE} what is answered is also written there, in the table's form.
 */
class ErrorCodesTest {
    private static final Pattern CASE = Pattern.compile("(\\w+) (\\d+) (.*?) => (.*)");
    private static final Pattern ERROR = Pattern.compile("[eE]rrorCode=(-?\\d+)");

    private static TestBroker broker;
    private static String topic;
    private static String topicId;

    @BeforeAll
    static void start() throws Exception {
        broker = TestBroker.start();
        Clients clients = new Clients(broker.bootstrapServers());
        topic = Clients.uniqueName("codes");
        try (Admin admin = clients.admin();
                KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
            topicId =
                    admin.describeTopics(List.of(topic))
                            .allTopicNames()
                            .get(20, TimeUnit.SECONDS)
                            .values()
                            .iterator()
                            .next()
                            .topicId()
                            .toString();
            for (int i = 0; i < 5; i++) {
                producer.send(new ProducerRecord<>(topic, 0, "k", "v" + i))
                        .get(20, TimeUnit.SECONDS);
            }
            // Also makes the group coordinator ready.
            admin.listConsumerGroupOffsets(Clients.uniqueName("g")).all().get(20, TimeUnit.SECONDS);
        }
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @TestFactory
    Stream<DynamicTest> bad_requests_get_the_error_codes_of_kafka() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        String about = "";
        for (String line : lines()) {
            if (line.startsWith("#")) {
                about = line.substring(1).trim();
                continue;
            }
            Matcher one = CASE.matcher(line);
            if (!one.matches()) {
                assertThat(line).as("a line that is no case").isBlank();
                continue;
            }
            tests.add(
                    DynamicTest.dynamicTest(
                            one.group(1) + " v" + one.group(2) + " " + about,
                            () -> {
                                String answered =
                                        answer(
                                                ApiKeys.valueOf(one.group(1)),
                                                Integer.parseInt(one.group(2)),
                                                one.group(3));
                                record(line, answered);
                                assertThat(answered).as(line).isEqualTo(expected(one.group(4)));
                            }));
        }
        assertThat(tests).hasSizeGreaterThan(100);
        return tests.stream();
    }

    /**
     * @param text what Kafka answers, then perhaps " BUT " and what we do
     */
    private static String expected(String text) {
        String[] kafkaAndUs = text.split(" BUT ", -1);
        return broker.embedded() ? kafkaAndUs[kafkaAndUs.length - 1] : kafkaAndUs[0];
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = ErrorCodesTest.class.getResourceAsStream("/error-codes.txt");
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return reader.lines().toList();
        }
    }

    /** Errors by name, sorted: nobody relies on the order of an answer's parts. */
    private static String answer(ApiKeys api, int version, String json) throws IOException {
        String text =
                json.replace("${topic}", topic)
                        .replace("${id}", topicId)
                        .replace("${new}", Clients.uniqueName("codes-new"))
                        .replace("${missing}", "codes-missing");
        String[] hostAndPort = broker.bootstrapServers().split(":", -1);
        try (RawClient client =
                new RawClient(
                        new InetSocketAddress(
                                InetAddress.getLoopbackAddress(),
                                Integer.parseInt(hostAndPort[1])))) {
            client.send(api, version, 1, RequestText.parse(api, text));
            List<String> errors = new ArrayList<>();
            Matcher codes = ERROR.matcher(client.receive(api, version).body().toString());
            while (codes.find()) {
                errors.add(Errors.forCode(Short.parseShort(codes.group(1))).name());
            }
            errors.sort(null);
            return String.join(" ", errors);
        } catch (EOFException | SocketException e) {
            return "closed";
        }
    }

    private static void record(String line, String answered) throws IOException {
        String file = System.getProperty("millrace.test.record");
        if (file != null) {
            Files.writeString(
                    Path.of(file),
                    line.substring(0, line.indexOf(" => ")) + " => " + answered + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
    }
}
