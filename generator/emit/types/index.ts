export { type EmitContext, type EmitOptions, emitContext, readerName, writerName } from './context.ts';
export { documentation } from './documentation.ts';
export { emitCodecs, emitIndex } from './emit-index.ts';
export { emitType } from './emit-type.ts';
export { valueLiteral } from './literal.ts';
export { type EmitReaderOptions, emitReader } from './reader.ts';
export { typeText } from './type-text.ts';
export { type EmitWriterOptions, emitWriter } from './writer.ts';
