import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * BROKERS TOPIC ISOLATION [undecided]: each record up to the present end as a JSON line, bytes in hex. Transactions that are open
 * are waited for, since a commit is answered before its markers are written; with the last word it reads up to the first of them.
 */
public class TopicReader {
    private static final long PATIENCE = 60_000;

    public static void main(String[] args) {
        try (var consumer = consumer(args[0], args[2]); var all = consumer(args[0], "read_uncommitted")) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (PartitionInfo info : consumer.partitionsFor(args[1])) {
                partitions.add(new TopicPartition(info.topic(), info.partition()));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = (args.length > 3 ? consumer : all).endOffsets(partitions);
            StringBuilder lines = new StringBuilder();
            long deadline = System.currentTimeMillis() + PATIENCE;
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (System.currentTimeMillis() > deadline) throw new IllegalStateException("a transaction stays undecided");
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) write(lines, record);
            }
            System.out.print(lines);
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String brokers, String isolation) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", brokers);
        properties.put("isolation.level", isolation);
        properties.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static void write(StringBuilder lines, ConsumerRecord<byte[], byte[]> record) {
        lines.append("{\"partition\":").append(record.partition()).append(",\"offset\":").append(record.offset());
        lines.append(",\"timestamp\":").append(record.timestamp());
        lines.append(",\"timestampType\":\"").append(record.timestampType()).append('"');
        lines.append(",\"key\":").append(hex(record.key())).append(",\"value\":").append(hex(record.value()));
        lines.append(",\"headers\":[");
        String separator = "";
        for (Header header : record.headers()) {
            String name = header.key().replace("\\", "\\\\").replace("\"", "\\\"");
            lines.append(separator).append("[\"").append(name).append("\",").append(hex(header.value())).append(']');
            separator = ",";
        }
        lines.append("]}\n");
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : '"' + HexFormat.of().formatHex(bytes) + '"';
    }
}
