package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.codec.Codec;
import dev.millrace.client.codec.Codecs;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.kafka.client.consumer.KafkaConsumer;
import io.vertx.kafka.client.producer.KafkaProducer;
import io.vertx.kafka.client.producer.KafkaProducerRecord;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Records go from the Vert.x Kafka client to ours and back, through a broker. */
class VertxKafkaClientTest {
    private static final JsonObject OBJECT =
            new JsonObject().put("text", "grün ✓").put("n", 1.5).putNull("nothing");

    private static Fixture fixture;
    private static Vertx vertx;

    @BeforeAll
    static void start() {
        fixture = new Fixture();
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        fixture.close();
    }

    @Test
    void buffers_are_exchanged() throws Exception {
        exchange("Buffer", Codecs.BUFFER, Buffer.buffer(new byte[] {0, -1, 7}));
    }

    @Test
    void json_objects_are_exchanged() throws Exception {
        exchange("JsonObject", Codecs.JSON_OBJECT, OBJECT);
    }

    @Test
    void json_arrays_are_exchanged() throws Exception {
        exchange("JsonArray", Codecs.JSON_ARRAY, new JsonArray().add(1).add("ü").add(OBJECT));
    }

    private <T> void exchange(String type, Codec<T> codec, T value) throws Exception {
        String name = fixture.topic("vertx").name();
        Topic<T, T> ours = fixture.client.topic(name).keys(codec).values(codec);
        String prefix = "io.vertx.kafka.client.serialization." + type;

        KafkaProducer<T, T> producer =
                KafkaProducer.create(
                        vertx,
                        Map.of(
                                "bootstrap.servers", fixture.broker.bootstrapServers(),
                                "key.serializer", prefix + "Serializer",
                                "value.serializer", prefix + "Serializer"));
        get(producer.send(KafkaProducerRecord.create(name, value, value)).toCompletionStage());
        get(producer.close().toCompletionStage());

        ConsumerRecord<T, T> read = ours.records().timeout(10, TimeUnit.SECONDS).blockingFirst();
        assertThat(read.key()).isEqualTo(value);
        assertThat(read.value()).isEqualTo(value);

        Fixture.done(ours.send(value, value));
        CompletableFuture<T> second = new CompletableFuture<>();
        KafkaConsumer<T, T> consumer =
                KafkaConsumer.create(
                        vertx,
                        Map.of(
                                "bootstrap.servers",
                                fixture.broker.bootstrapServers(),
                                "group.id",
                                name,
                                "auto.offset.reset",
                                "earliest",
                                "key.deserializer",
                                prefix + "Deserializer",
                                "value.deserializer",
                                prefix + "Deserializer"));
        consumer.handler(
                record -> {
                    if (record.offset() == 1) {
                        second.complete(record.value());
                    }
                });
        consumer.exceptionHandler(second::completeExceptionally);
        get(consumer.subscribe(name).toCompletionStage());
        assertThat(get(second)).isEqualTo(value);
        get(consumer.close().toCompletionStage());

        // And not only equal when decoded: the same bytes.
        var bytes =
                fixture.client
                        .topic(name)
                        .records(ReadOptions.fromBeginning().untilNow())
                        .toList()
                        .blockingGet();
        assertThat(bytes.get(1).value()).isEqualTo(bytes.get(0).value());
        assertThat(bytes.get(1).key()).isEqualTo(bytes.get(0).key());
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
