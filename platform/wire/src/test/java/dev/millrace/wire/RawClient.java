package dev.millrace.wire;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;

/** A blocking socket that speaks frames; lets a test send what no real client would. */
public final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MS = 10_000;

    private final Socket socket = new Socket();
    private final OutputStream out;
    private final DataInputStream in;
    private final String clientId;

    public RawClient(InetSocketAddress server) throws IOException {
        this(server, "raw");
    }

    public RawClient(InetSocketAddress server, String clientId) throws IOException {
        this.clientId = clientId;
        socket.connect(server, TIMEOUT_MS);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        out = socket.getOutputStream();
        in = new DataInputStream(socket.getInputStream());
    }

    public record Response(int correlationId, ApiMessage body) {}

    /** A partition of a Produce request with these batches. */
    public static ProduceRequestData.PartitionProduceData partition(int index, ByteBuffer batches) {
        return new ProduceRequestData.PartitionProduceData()
                .setIndex(index)
                .setRecords(MemoryRecords.readableRecords(batches));
    }

    /** The batches of a partition of a Fetch response. */
    public static ByteBuffer batches(FetchResponseData.PartitionData partition) {
        return partition.records() instanceof MemoryRecords records
                ? records.buffer()
                : ByteBuffer.allocate(0);
    }

    public static byte[] frame(ApiKeys api, int version, int correlationId, ApiMessage request) {
        return frame("raw", api, version, correlationId, request);
    }

    private static byte[] frame(
            String clientId, ApiKeys api, int version, int correlationId, ApiMessage request) {
        RequestHeader header = new RequestHeader(api, (short) version, clientId, correlationId);
        ByteBuffer bytes =
                RequestUtils.serialize(
                        header.data(), header.headerVersion(), request, (short) version);
        byte[] frame = new byte[Integer.BYTES + bytes.remaining()];
        ByteBuffer.wrap(frame).putInt(bytes.remaining()).put(bytes);
        return frame;
    }

    public RawClient send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    public RawClient send(ApiKeys api, int version, int correlationId, ApiMessage request)
            throws IOException {
        return send(frame(clientId, api, version, correlationId, request));
    }

    public Response receive(ApiKeys api, int version) throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        ByteBufferAccessor reader = new ByteBufferAccessor(ByteBuffer.wrap(frame));
        ResponseHeaderData header =
                new ResponseHeaderData(reader, api.responseHeaderVersion((short) version));
        ApiMessage body = api.messageType.newResponse();
        body.read(reader, (short) version);
        if (reader.remaining() != 0) {
            throw new IOException(reader.remaining() + " bytes after the response");
        }
        return new Response(header.correlationId(), body);
    }

    /** Waits until the server has closed the connection. */
    public boolean closedByServer() throws IOException {
        try {
            return in.read() < 0;
        } catch (EOFException | SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
