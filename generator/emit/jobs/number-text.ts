/** Thousands apart, as people write them: 3_600_000. */
export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'Number.POSITIVE_INFINITY';
  if (!Number.isInteger(value)) return String(value);
  return value < 10_000 ? String(value) : String(value).replaceAll(/\B(?=(\d{3})+$)/g, '_');
}
