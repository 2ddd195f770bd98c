/**
 * Tells whether two TypeScript sources differ only in what formatters change: white space, quotes, semicolons, trailing commas,
 * quotes around property names, parentheses around a lone parameter, the leading `|` of a union.
 * It is a comparison of tokens, not a parser: it answers for generated files, and errs towards "they differ".
 */
export function differOnlyInFormat(a: string, b: string): boolean {
  const tokensA = significantTokens(a);
  const tokensB = significantTokens(b);
  return tokensA.length === tokensB.length && tokensA.every((token, index) => token === tokensB[index]);
}

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")|(?<template>`(?:[^`\\]|\\[\s\S])*`)|(?<word>[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*)|(?<number>\d[\w.]*)|(?<space>\s+)|(?<sign>=>|\.\.\.|\?\?=|\*\*=|[-+*/%&|^<>=!]=?=?|[\s\S])/gu;

interface Token {
  readonly kind: 'comment' | 'string' | 'template' | 'word' | 'number' | 'sign';
  readonly text: string;
}

function significantTokens(source: string): readonly string[] {
  const tokens = tokenize(source);
  const kept: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) break;
    const next = tokens[index + 1];
    if (isSign(token, ';')) continue;
    if (isSign(token, ',') && next !== undefined && next.kind === 'sign' && ')]}>'.includes(next.text)) continue;
    if (isSign(token, '|') && opensUnion(tokens[index - 1])) continue;
    if (isSign(token, '(') && isLoneParameter(tokens, index)) {
      kept.push(next?.text ?? '');
      index += 2;
      continue;
    }
    const isName =
      token.kind === 'string' && isSign(next, ':') && /^'[\p{ID_Start}$_][\p{ID_Continue}$]*'$/u.test(token.text);
    kept.push(isName ? token.text.slice(1, -1) : token.text);
  }
  return kept;
}

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of source.matchAll(TOKEN)) {
    for (const [kind, text] of Object.entries(match.groups ?? {})) {
      if (text === undefined || kind === 'space') continue;
      tokens.push({ kind: kind as Token['kind'], text: canonical(kind, text) });
    }
  }
  return tokens;
}

function canonical(kind: string, text: string): string {
  switch (kind) {
    case 'comment':
      return text
        .split('\n')
        .map((line) => line.trim().replace(/^\*(?!\/)\s*/, '* '))
        .join('\n');
    case 'string':
      return `'${text.slice(1, -1).replaceAll(/\\(['"])|(')/g, (_, escaped, bare) => escaped ?? bare)}'`;
    case 'number':
      return text.toLowerCase();
    default:
      return text;
  }
}

/** After these, a `|` begins a union that is written over several lines. */
function opensUnion(before: Token | undefined): boolean {
  return before?.kind === 'sign' && ['=', '(', '<', ',', ':', '[', '=>'].includes(before.text);
}

/** `(value) =>` may lose its parentheses. */
function isLoneParameter(tokens: readonly Token[], open: number): boolean {
  return tokens[open + 1]?.kind === 'word' && isSign(tokens[open + 2], ')') && isSign(tokens[open + 3], '=>');
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}
