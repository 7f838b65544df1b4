/** What a field holds: a scalar, or a message of its own. `[]` marks those that may come more than once. */
type Scalar = 'string' | 'hex' | 'int' | 'fixed64' | 'double' | 'bool';
export interface MessageSchema {
  readonly [field: number]: readonly [name: string, type: Scalar | (() => MessageSchema), repeated?: '[]'];
}

interface Reader {
  readonly bytes: Buffer;
  offset: number;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A protobuf message by the field numbers of its `.proto`: enough to read what OTLP exporters send. */
export function decodeProtobuf(bytes: Uint8Array, schema: MessageSchema): Record<string, unknown> {
  const reader = { bytes: Buffer.from(bytes), offset: 0 };
  const message: Record<string, unknown> = {};
  while (reader.offset < reader.bytes.length) {
    const tag = Number(readVarint(reader));
    const value = readValue(reader, tag & 7);
    const field = schema[tag >> 3];
    if (field === undefined) continue;
    const [name, type, repeated] = field;
    const decoded = decodeValue(value, type);
    if (repeated === undefined) message[name] = decoded;
    else message[name] = [...listOf(message[name]), decoded];
  }
  return message;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function decodeValue(value: bigint | Buffer, type: Scalar | (() => MessageSchema)): unknown {
  if (typeof type === 'function') return decodeProtobuf(bytesOf(value), type());
  switch (type) {
    case 'string':
      return bytesOf(value).toString('utf8');
    case 'hex':
      return bytesOf(value).toString('hex');
    case 'double':
      return bytesOf(value).readDoubleLE();
    case 'fixed64':
      return bytesOf(value).readBigUInt64LE().toString();
    case 'int':
      return Number(value);
    case 'bool':
      return value === 1n;
  }
}

function bytesOf(value: bigint | Buffer): Buffer {
  if (typeof value === 'bigint') throw new Error('a number where bytes belong');
  return value;
}

function readValue(reader: Reader, wireType: number): bigint | Buffer {
  switch (wireType) {
    case VARINT:
      return readVarint(reader);
    case FIXED64:
      return readBytes(reader, 8);
    case LENGTH_DELIMITED:
      return readBytes(reader, Number(readVarint(reader)));
    case FIXED32:
      return readBytes(reader, 4);
    default:
      throw new Error(`wire type ${wireType}`);
  }
}

function readBytes(reader: Reader, length: number): Buffer {
  const start = reader.offset;
  reader.offset += length;
  if (reader.offset > reader.bytes.length) throw new Error('a message that ends too early');
  return reader.bytes.subarray(start, reader.offset);
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.bytes[reader.offset];
    if (byte === undefined) throw new Error('a number that ends too early');
    reader.offset += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
