package dev.millrace.connect.record;

import dev.millrace.connect.plugin.Plugin;
import java.io.IOException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Between bytes and Connect's data: the key, value and header converters of one task. */
public record Converters(
        Plugin<Converter> key, Plugin<Converter> value, Plugin<HeaderConverter> header)
        implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Converters.class);

    public ProducerRecord<byte[], byte[]> toBytes(ErrorPolicy errors, SourceRecord record)
            throws SkippedRecord {
        String topic = record.topic();
        Headers headers =
                errors.run(
                        Stage.HEADER_CONVERTER,
                        header.instance().getClass(),
                        record,
                        null,
                        () -> headersToBytes(record));
        byte[] keyBytes =
                errors.run(
                        Stage.KEY_CONVERTER,
                        key.instance().getClass(),
                        record,
                        null,
                        () -> {
                            Plugin.Swap swap = key.enter();
                            try {
                                return key.instance()
                                        .fromConnectData(
                                                topic, headers, record.keySchema(), record.key());
                            } finally {
                                swap.close();
                            }
                        });
        byte[] valueBytes =
                errors.run(
                        Stage.VALUE_CONVERTER,
                        value.instance().getClass(),
                        record,
                        null,
                        () -> {
                            Plugin.Swap swap = value.enter();
                            try {
                                return value.instance()
                                        .fromConnectData(
                                                topic,
                                                headers,
                                                record.valueSchema(),
                                                record.value());
                            } finally {
                                swap.close();
                            }
                        });
        return new ProducerRecord<>(
                topic,
                record.kafkaPartition(),
                record.timestamp() == null || record.timestamp() < 0 ? null : record.timestamp(),
                keyBytes,
                valueBytes,
                headers);
    }

    private Headers headersToBytes(SourceRecord record) {
        Headers headers = new RecordHeaders();
        Plugin.Swap swap = header.enter();
        try {
            for (org.apache.kafka.connect.header.Header each : record.headers()) {
                headers.add(
                        each.key(),
                        header.instance()
                                .fromConnectHeader(
                                        record.topic(), each.key(), each.schema(), each.value()));
            }
        } finally {
            swap.close();
        }
        return headers;
    }

    public SinkRecord toConnect(ErrorPolicy errors, ConsumerRecord<byte[], byte[]> raw)
            throws SkippedRecord {
        SchemaAndValue keyData =
                errors.run(
                        Stage.KEY_CONVERTER,
                        key.instance().getClass(),
                        raw,
                        raw,
                        () -> {
                            Plugin.Swap swap = key.enter();
                            try {
                                return key.instance()
                                        .toConnectData(raw.topic(), raw.headers(), raw.key());
                            } finally {
                                swap.close();
                            }
                        });
        SchemaAndValue valueData =
                errors.run(
                        Stage.VALUE_CONVERTER,
                        value.instance().getClass(),
                        raw,
                        raw,
                        () -> {
                            Plugin.Swap swap = value.enter();
                            try {
                                return value.instance()
                                        .toConnectData(raw.topic(), raw.headers(), raw.value());
                            } finally {
                                swap.close();
                            }
                        });
        ConnectHeaders headers =
                errors.run(
                        Stage.HEADER_CONVERTER,
                        header.instance().getClass(),
                        raw,
                        raw,
                        () -> headersToConnect(raw));
        return new SinkRecord(
                raw.topic(),
                raw.partition(),
                keyData.schema(),
                keyData.value(),
                valueData.schema(),
                valueData.value(),
                raw.offset(),
                raw.timestampType() == TimestampType.NO_TIMESTAMP_TYPE ? null : raw.timestamp(),
                raw.timestampType(),
                headers);
    }

    private ConnectHeaders headersToConnect(ConsumerRecord<byte[], byte[]> raw) {
        ConnectHeaders headers = new ConnectHeaders();
        Plugin.Swap swap = header.enter();
        try {
            for (Header each : raw.headers()) {
                headers.add(
                        each.key(),
                        header.instance().toConnectHeader(raw.topic(), each.key(), each.value()));
            }
        } finally {
            swap.close();
        }
        return headers;
    }

    @Override
    public void close() {
        try {
            key.instance().close();
            value.instance().close();
            header.instance().close();
        } catch (IOException e) {
            log.warn("a converter was not closed", e);
        }
    }
}
