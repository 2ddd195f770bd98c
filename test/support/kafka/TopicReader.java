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

/** BROKERS TOPIC ISOLATION: each record up to the present end as a JSON line, bytes in hex. */
public class TopicReader {
    public static void main(String[] args) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("isolation.level", args[2]);
        properties.put("enable.auto.commit", "false");
        try (var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (PartitionInfo info : consumer.partitionsFor(args[1])) {
                partitions.add(new TopicPartition(info.topic(), info.partition()));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            StringBuilder lines = new StringBuilder();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) write(lines, record);
            }
            System.out.print(lines);
        }
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
