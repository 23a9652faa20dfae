package dev.millrace.broker.group;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.function.BiFunction;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;

/** One connection that sends single requests in versions that stock clients no longer choose. */
public final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MS = 20_000;

    private final Socket socket;
    private final DataOutputStream out;
    private final DataInputStream in;
    private int correlationId;

    public RawClient(String bootstrapServers) throws IOException {
        String[] hostAndPort = bootstrapServers.split(":", -1);
        socket = new Socket(hostAndPort[0], Integer.parseInt(hostAndPort[1]));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /**
     * @param reader constructor of the response's data class
     */
    public <A> A call(
            ApiKeys api, int version, ApiMessage request, BiFunction<Readable, Short, A> reader)
            throws IOException {
        short v = (short) version;
        RequestHeaderData header =
                new RequestHeaderData()
                        .setRequestApiKey(api.id)
                        .setRequestApiVersion(v)
                        .setCorrelationId(++correlationId)
                        .setClientId("raw");
        byte[] headerBytes = bytes(header, api.requestHeaderVersion(v));
        byte[] body = bytes(request, v);
        out.writeInt(headerBytes.length + body.length);
        out.write(headerBytes);
        out.write(body);
        out.flush();

        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        ByteBufferAccessor response = new ByteBufferAccessor(ByteBuffer.wrap(frame));
        ResponseHeaderData answered =
                new ResponseHeaderData(response, api.responseHeaderVersion(v));
        if (answered.correlationId() != correlationId) {
            throw new AssertionError(
                    "expected answer " + correlationId + ", got " + answered.correlationId());
        }
        A answer = reader.apply(response, v);
        if (response.remaining() != 0) {
            throw new AssertionError(
                    response.remaining() + " bytes after the answer of " + api + " v" + version);
        }
        return answer;
    }

    private static byte[] bytes(ApiMessage message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.array();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
