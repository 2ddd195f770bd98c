import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Kafka's own reading and writing of messages. A line in, a line out:
 * read request|response KEY VERSION HEX -> JSON; write request|response KEY VERSION JSON -> HEX;
 * errors -> code name retriable, ...; subscription|assignment HEX -> text.
 */
public class WireOracle {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String answer;
            try {
                answer = answer(line);
            } catch (Throwable failure) {
                Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                answer = "ERROR " + cause;
            }
            System.out.println(answer.replace('\n', ' '));
        }
    }

    private static String answer(String line) throws Exception {
        if (line.equals("errors")) {
            StringBuilder all = new StringBuilder();
            for (Errors error : Errors.values()) {
                boolean retriable = error.exception() instanceof RetriableException;
                all.append(error.code()).append(' ').append(error.name()).append(' ').append(retriable).append(',');
            }
            return all.toString();
        }
        String[] parts = line.split(" ", 5);
        if (parts[0].equals("subscription")) {
            ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(parts[1]));
            return ConsumerProtocol.deserializeSubscription(bytes).toString();
        }
        if (parts[0].equals("assignment")) {
            ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(parts[1]));
            return ConsumerProtocol.deserializeAssignment(bytes).toString();
        }
        short version = Short.parseShort(parts[3]);
        ApiMessageType type = ApiMessageType.fromApiKey(Short.parseShort(parts[2]));
        ApiMessage message = parts[1].equals("request") ? type.newRequest() : type.newResponse();
        Class<?> converter = Class.forName(message.getClass().getName() + "JsonConverter");
        if (parts[0].equals("read")) {
            ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(parts[4]));
            message.read(new ByteBufferAccessor(bytes), version);
            if (bytes.hasRemaining()) return "ERROR " + bytes.remaining() + " bytes left over";
            return converter.getMethod("write", message.getClass(), short.class).invoke(null, message, version).toString();
        }
        Object read = converter.getMethod("read", JsonNode.class, short.class).invoke(null, JSON.readTree(parts[4]), version);
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor((ApiMessage) read, version).buffer();
        byte[] all = new byte[bytes.remaining()];
        bytes.get(all);
        return HexFormat.of().formatHex(all);
    }
}
