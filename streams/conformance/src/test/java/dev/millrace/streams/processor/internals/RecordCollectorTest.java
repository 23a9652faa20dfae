package dev.millrace.streams.processor.internals;

import dev.millrace.streams.errors.ErrorHandlerContext;
import dev.millrace.streams.errors.ProductionExceptionHandler;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Named by the test of the settings, for a handler that is not the default one. */
public final class RecordCollectorTest {
    private RecordCollectorTest() {}

    public static class ProductionExceptionHandlerMock implements ProductionExceptionHandler {
        @Override
        public Response handleError(
                ErrorHandlerContext context,
                ProducerRecord<byte[], byte[]> record,
                Exception exception) {
            return Response.fail();
        }

        @Override
        public void configure(Map<String, ?> configs) {}
    }
}
