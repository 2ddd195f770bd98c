import { types } from 'node:util';
import { cannotRead, cannotWrite, wrongType } from './failure.ts';

// The proleptic Gregorian calendar without leap seconds, as ISO 8601 and Avro use it. Text covers years 0001–9999,
// a Date what JavaScript gives it: 100,000,000 days around 1970.

const MILLIS_PER_DAY = 86_400_000;
const MAX_DATE = 8_640_000_000_000_000;
/** 0001-01-01 and 9999-12-31, in days since 1970-01-01. */
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const TIME = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?$/;

/** Digits of a fraction of a second: milliseconds, microseconds, nanoseconds. */
export type FractionDigits = 3 | 6 | 9;

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** True for a Date of any realm; not for what only has its prototype. */
export function isDate(value: unknown): value is Date {
  return types.isDate(value);
}

const { getTime } = Date.prototype;

// Days

/** `'YYYY-MM-DD'` */
export function dateTextFromDays(days: number): string {
  if (days < FIRST_DAY || days > LAST_DAY) throw cannotRead('a day outside years 0001–9999');
  return dateText(days);
}

export function dateTextToDays(text: string): number {
  if (typeof text !== 'string') throw wrongType("a day as 'YYYY-MM-DD'", text);
  const days = parseDay(text);
  if (days === undefined) throw cannotWrite("not a day 'YYYY-MM-DD'");
  return days;
}

/** A Date at midnight UTC. */
export function dateFromDays(days: number): Date {
  const millis = days * MILLIS_PER_DAY;
  if (Math.abs(millis) > MAX_DATE) throw cannotRead('a day beyond what a Date holds');
  return new Date(millis);
}

export function dateToDays(date: Date): number {
  const days = dateToMillis(date) / MILLIS_PER_DAY;
  if (!Number.isInteger(days)) throw cannotWrite('a Date that is not midnight UTC');
  return days;
}

/** A day within years 0001–9999. Counts from March, so that the leap day is the last of its year. */
function dateText(days: number): string {
  const sinceEra = days + 719_468; // 0000-03-01 is day 0
  const era = Math.floor(sinceEra / 146_097);
  const dayOfEra = sinceEra - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function parseDay(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const marchYear = month <= 2 ? year - 1 : year;
  const monthFromMarch = month <= 2 ? month + 9 : month - 3;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((153 * monthFromMarch + 2) / 5) + day - 1 - 719_468;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

// Time of day

/** `'HH:MM:SS.mmm'`, or with six decimals for microseconds. */
export function timeTextFromUnits(units: number, digits: FractionDigits): string {
  if (units < 0 || units >= 86_400 * 10 ** digits) throw cannotRead('a time outside of a day');
  return timeText(units, digits);
}

export function timeTextToUnits(text: string, digits: FractionDigits): number {
  if (typeof text !== 'string') throw wrongType("a time as 'HH:MM:SS'", text);
  const units = parseTime(text, digits);
  if (units === undefined) throw cannotWrite(`not a time 'HH:MM:SS' with up to ${digits} decimals`);
  return units;
}

function timeText(units: number, digits: FractionDigits): string {
  const perSecond = 10 ** digits;
  const seconds = Math.floor(units / perSecond);
  const fraction = String(units - seconds * perSecond).padStart(digits, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`;
}

function parseTime(text: string, digits: FractionDigits): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const hours = Number(match[1]);
  const minutes = Number(match[2]);
  const seconds = Number(match[3]);
  const fraction = match[4] ?? '';
  if (hours > 23 || minutes > 59 || seconds > 59 || fraction.length > digits) return undefined;
  return (hours * 3600 + minutes * 60 + seconds) * 10 ** digits + Number(fraction.padEnd(digits, '0'));
}

// Instants

/** From milliseconds since 1970. */
export function dateFromMillis(millis: number): Date {
  if (millis > MAX_DATE || millis < -MAX_DATE) throw cannotRead('an instant beyond what a Date holds');
  return new Date(millis);
}

export function dateToMillis(date: Date): number {
  const millis = timeOf(date);
  if (Number.isNaN(millis)) throw cannotWrite('an invalid Date');
  return millis;
}

/** The time a Date holds, whatever a subclass says. */
function timeOf(date: Date): number {
  try {
    return getTime.call(date);
  } catch {
    throw wrongType('a Date', date);
  }
}

/** `'YYYY-MM-DDTHH:MM:SS.mmmZ'`, with as many decimals as the unit has. */
export function timestampTextFromUnits(units: bigint, digits: FractionDigits): string {
  return `${instantText(units, digits)}Z`;
}

export function timestampTextToUnits(text: string, digits: FractionDigits): bigint {
  if (typeof text !== 'string') throw wrongType("a timestamp as 'YYYY-MM-DDTHH:MM:SSZ'", text);
  return instantUnits(text.endsWith('Z') ? text.slice(0, -1) : '', digits, "'YYYY-MM-DDTHH:MM:SSZ'");
}

/** `'YYYY-MM-DDTHH:MM:SS.mmm'`: no zone. */
export function localTimestampTextFromUnits(units: bigint, digits: FractionDigits): string {
  return instantText(units, digits);
}

export function localTimestampTextToUnits(text: string, digits: FractionDigits): bigint {
  if (typeof text !== 'string') throw wrongType("a timestamp as 'YYYY-MM-DDTHH:MM:SS'", text);
  return instantUnits(text, digits, "'YYYY-MM-DDTHH:MM:SS'");
}

function unitsPerDay(digits: FractionDigits): bigint {
  return 86_400n * 10n ** BigInt(digits);
}

function instantText(units: bigint, digits: FractionDigits): string {
  const perDay = unitsPerDay(digits);
  const days = (units - (((units % perDay) + perDay) % perDay)) / perDay;
  if (days < FIRST_DAY || days > LAST_DAY) throw cannotRead('an instant outside years 0001–9999');
  return `${dateText(Number(days))}T${timeText(Number(units - days * perDay), digits)}`;
}

function instantUnits(text: string, digits: FractionDigits, form: string): bigint {
  const days = text[10] === 'T' ? parseDay(text.slice(0, 10)) : undefined;
  const time = days === undefined ? undefined : parseTime(text.slice(11), digits);
  if (days === undefined || time === undefined)
    throw cannotWrite(`not a timestamp ${form} with up to ${digits} decimals`);
  return BigInt(days) * unitsPerDay(digits) + BigInt(time);
}
