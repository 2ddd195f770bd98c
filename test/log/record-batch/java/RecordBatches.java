import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.MutableRecordBatch;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/**
 * Kafka's own classes as a witness of record batches.
 * {@code write FOLDER} writes what the tests read; {@code read FILE...} prints what Kafka sees in each.
 */
public class RecordBatches {
  private static final HexFormat HEX = HexFormat.of();
  private static final long TIME = 1_700_000_000_000L;
  private static final int BUFFER = 1 << 16;

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    if (arguments[0].equals("write")) {
      for (CompressionType type : CompressionType.values()) {
        Files.write(Path.of(arguments[1], type.name + ".bin"), log(type));
      }
      // The same in all of them, but for the name of the compression.
      try (PrintStream text = new PrintStream(Path.of(arguments[1], "none.txt").toFile(), StandardCharsets.UTF_8)) {
        print(text, Path.of(arguments[1], "none.bin"));
      }
      for (byte magic : new byte[] {0, 1}) {
        Files.write(Path.of(arguments[1], "magic-" + magic + ".bin"), old(magic));
      }
    } else {
      for (String file : Arrays.copyOfRange(arguments, 1, arguments.length)) print(out, Path.of(file));
    }
    out.flush();
  }

  /** Every kind of batch that a log can hold. */
  private static byte[] log(CompressionType type) {
    ByteBufferOutputStream log = new ByteBufferOutputStream(BUFFER);
    Random random = new Random(42);
    long offset = 1_000;
    offset = plain(log, type, offset, random);
    offset = appendTime(log, type, offset);
    offset = transaction(log, type, offset, 7, (short) 3, true);
    offset = transaction(log, type, offset, 4_000_000_000L, (short) 0, false);
    offset = compacted(log, type, offset);
    deleteHorizon(log, type, offset);
    byte[] bytes = new byte[log.position()];
    log.buffer().flip().get(bytes);
    return bytes;
  }

  /** Nulls, empty and large values, headers, times that go back and forth by days. */
  private static long plain(ByteBufferOutputStream log, CompressionType type, long offset, Random random) {
    MemoryRecordsBuilder builder = builder(type, TimestampType.CREATE_TIME, offset, -1, (short) -1, -1, false);
    long next = offset;
    for (int i = 0; i < 80; i++) {
      byte[] key = i % 5 == 0 ? null : i % 7 == 0 ? new byte[0] : ("key-" + i).getBytes(StandardCharsets.UTF_8);
      byte[] value = i % 11 == 0 ? null : new byte[i == 49 ? 3_000 : random.nextInt(100)];
      for (int b = 0; value != null && b < value.length; b++) value[b] = (byte) (b % 3 == 0 ? random.nextInt() : 'a');
      Header[] headers = new Header[i % 4 == 0 ? i % 3 : 0];
      for (int h = 0; h < headers.length; h++) {
        headers[h] = new RecordHeader("naïve-" + h, h == 1 ? null : new byte[random.nextInt(20)]);
      }
      builder.append(TIME + random.nextInt(1_000) - 500 + (i % 13 == 0 ? 86_400_000L * (i - 40) : 0), key, value, headers);
      next++;
    }
    finish(log, builder);
    return next;
  }

  private static long appendTime(ByteBufferOutputStream log, CompressionType type, long offset) {
    MemoryRecordsBuilder builder = builder(type, TimestampType.LOG_APPEND_TIME, offset, -1, (short) -1, -1, false);
    for (int i = 0; i < 3; i++) builder.append(5L + i, bytes("k" + i), bytes("stamped by the broker " + i));
    finish(log, builder);
    return offset + 3;
  }

  private static long transaction(
      ByteBufferOutputStream log, CompressionType type, long offset, long producer, short epoch, boolean commit) {
    MemoryRecordsBuilder builder =
        builder(type, TimestampType.CREATE_TIME, offset, producer, epoch, Integer.MAX_VALUE - 1, true);
    for (int i = 0; i < 4; i++) builder.append(TIME + i, bytes("t" + i), bytes((commit ? "committed " : "aborted ") + i));
    finish(log, builder);
    EndTransactionMarker marker = new EndTransactionMarker(commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, 12);
    write(log, MemoryRecords.withEndTransactionMarker(offset + 4, TIME, 5, producer, epoch, marker));
    return offset + 5;
  }

  /** Some records of a batch are gone, the last among them: the batch keeps its last offset. */
  private static long compacted(ByteBufferOutputStream log, CompressionType type, long offset) {
    MemoryRecordsBuilder builder = builder(type, TimestampType.CREATE_TIME, offset, 9, (short) 1, 100, false);
    for (int i = 1; i < 10; i += 3) builder.appendWithOffset(offset + i, TIME + i, bytes("c" + i), bytes("kept " + i));
    builder.overrideLastOffset(offset + 20);
    finish(log, builder);
    return offset + 21;
  }

  /** KIP-534: the base timestamp says when tombstones may go. */
  private static void deleteHorizon(ByteBufferOutputStream log, CompressionType type, long offset) {
    MemoryRecordsBuilder builder =
        new MemoryRecordsBuilder(new ByteBufferOutputStream(BUFFER), RecordBatch.CURRENT_MAGIC_VALUE,
            Compression.of(type).build(), TimestampType.CREATE_TIME, offset, RecordBatch.NO_TIMESTAMP, -1, (short) -1, -1,
            false, false, 5, BUFFER, TIME + 86_400_000L * 400);
    builder.append(TIME, bytes("gone"), null);
    builder.append(TIME + 1, bytes("there"), bytes("still"));
    finish(log, builder);
  }

  /** What brokers kept before Kafka 0.11. */
  private static byte[] old(byte magic) {
    MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(BUFFER), magic, Compression.NONE, TimestampType.CREATE_TIME, 77L);
    builder.append(magic == 0 ? -1 : TIME, bytes("key"), bytes("value"));
    ByteBuffer buffer = builder.build().buffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static MemoryRecordsBuilder builder(
      CompressionType type, TimestampType time, long offset, long producer, short epoch, int sequence, boolean transactional) {
    return MemoryRecords.builder(ByteBuffer.allocate(BUFFER), RecordBatch.CURRENT_MAGIC_VALUE, Compression.of(type).build(),
        time, offset, time == TimestampType.LOG_APPEND_TIME ? TIME + 99 : RecordBatch.NO_TIMESTAMP, producer, epoch, sequence,
        transactional, 5);
  }

  private static void finish(ByteBufferOutputStream log, MemoryRecordsBuilder builder) {
    write(log, builder.build());
  }

  private static void write(ByteBufferOutputStream log, MemoryRecords records) {
    log.write(records.buffer().duplicate());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void print(PrintStream out, Path file) throws Exception {
    for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file))).batches()) {
      batch.ensureValid();
      out.printf("batch %d %d %d %d %d %d %b %b %d %s %s%n", batch.baseOffset(), batch.lastOffset(), batch.countOrNull(),
          batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.isTransactional(), batch.isControlBatch(),
          batch.maxTimestamp(), batch.timestampType(), batch.compressionType().name);
      for (Record record : batch) {
        record.ensureValid();
        out.printf("record %d %d %s %s", record.offset(), record.timestamp(), hex(record.key()), hex(record.value()));
        for (Header header : record.headers()) {
          out.printf(" %s=%s", header.key(), header.value() == null ? "-" : "x" + HEX.formatHex(header.value()));
        }
        out.println();
      }
    }
  }

  private static String hex(ByteBuffer buffer) {
    if (buffer == null) return "-";
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return "x" + HEX.formatHex(bytes);
  }
}
