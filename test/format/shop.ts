import type { Codec } from '@kgen/runtime';
import { interpretedCodec } from '../support/interpreted-codec.ts';

/** Schemas as a shop's topics have them over time. */
const order = (fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields });

export const ORDER_1: string = order([{ name: 'id', type: 'int' }]);
export const ORDER_2: string = order([
  { name: 'id', type: 'long' },
  { name: 'note', type: 'string', default: '-' },
]);
/** Nothing that it wrote can be an order of today. */
export const ORDER_OTHER: string = order([{ name: 'id', type: 'string' }]);
export const CASH: string = JSON.stringify({
  type: 'record',
  name: 'shop.Cash',
  fields: [{ name: 'amount', type: 'long' }],
});
export const CASH_1: string = JSON.stringify({
  type: 'record',
  name: 'shop.Cash',
  fields: [{ name: 'amount', type: 'int' }],
});

export interface Order {
  readonly id: bigint;
  readonly note: string;
}

export const Order: Codec<Order> = interpretedCodec(ORDER_2);
export const Order1: Codec<{ readonly id: number }> = interpretedCodec(ORDER_1);
export const OtherOrder: Codec<{ readonly id: string }> = interpretedCodec(ORDER_OTHER);
export const Cash: Codec<{ readonly amount: bigint }> = interpretedCodec(CASH);
export const Cash1: Codec<{ readonly amount: number }> = interpretedCodec(CASH_1);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
