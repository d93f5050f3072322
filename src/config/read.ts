import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  type Scalar,
} from 'yaml'
import type { Surroundings } from './files.ts'
import { leftOpen } from './fill-in.ts'
import { foreignReference } from './foreign-reference.ts'
import { holdsReference, interpolate } from './interpolate.ts'
import type { Report } from './issue.ts'
import { linesReference, mayHoldLines, readLines } from './lines.ts'
import { madeUpText, mayBeMadeUp } from './made-up.ts'
import { type ConfigNode, type ConfigPath, type MapEntry, type Position, pathText } from './node.ts'
import { parseSteps } from './parse.ts'
import { holdsSecret } from './secret-keys.ts'
import { runThrough, type Steps } from './steps.ts'
import { readSyntax } from './syntax.ts'

/** What reading needs of the outside, and where it tells what it found. */
export interface ReadContext {
  readonly surroundings: Surroundings
  readonly report: Report
  readonly warn: Report
}

/**
 * YAML text to a tree of plain values with their places; variables and files are put in. Answers null when the text
 * is no YAML that can be judged further; what is wrong has been reported, all of it.
 * One document of YAML 1.2 with the core schema. Anchors, aliases, tags and merge keys are refused: what a rule
 * says must stand where it is read.
 */
export function readTree(text: string, context: ReadContext): ConfigNode | null {
  return runThrough(readTreeSteps(text, context))
}

/** The same in pieces. */
export function* readTreeSteps(text: string, context: ReadContext): Steps<ConfigNode | null> {
  const lines = new LineCounter()
  const document = yield* parseOne(text, lines, context.report)
  if (document === null) return null
  if (document === undefined || document.contents === null) {
    context.report({ position: null, path: '', message: 'the file is empty', suggestion: null })
    return null
  }
  const reader: Reader = { context, place: (node) => placeOf(lines, node.range?.[0] ?? 0) }
  return yield* readNode(reader, document.contents, [])
}

/** Null when it was reported why; undefined when there is nothing. */
function* parseOne(
  text: string,
  lines: LineCounter,
  report: Report,
): Steps<Document.Parsed | null | undefined> {
  const documents = yield* parseSteps(text, lines)
  const faults = readSyntax(text, documents, lines)
  for (const { position, message } of faults) report({ position, path: '', message, suggestion: null })
  if (documents === null || faults.length > 0) return null
  return documents[0]
}

interface Reader {
  readonly context: ReadContext
  readonly place: (node: ParsedNode) => Position
}

const coreTag = 'tag:yaml.org,2002:'

/** Far deeper than any configuration; keeps recursion over the tree harmless. */
const deepest = 64

function* readNode(reader: Reader, node: ParsedNode | null, path: ConfigPath): Steps<ConfigNode | null> {
  if (node === null) return null
  const at = reader.place(node)
  const refuse = (message: string) => {
    reader.context.report({ position: at, path: pathText(path), message, suggestion: null })
  }
  // What begins so may be the secret itself, without its quotes: then its words are not repeated.
  const isSecret = holdsSecret(path)
  if (isAlias(node)) {
    const named = `the alias "*${printable(node.source)}" is not allowed: write the value itself${namedFor(path)}; `
    refuse(`${isSecret ? '' : named}${inQuotes('*')}`)
    return null
  }
  if (node.anchor !== undefined) {
    const named = `the anchor "&${printable(node.anchor)}" is not allowed: write the value where it is used${namedFor(path)}`
    refuse(isSecret ? inQuotes('&') : named)
  }
  if (node.tag !== undefined) {
    const tag = printable(node.tag.replace(coreTag, '!!'))
    refuse(`${isSecret ? '' : `the tag "${tag}" is not allowed: `}${ofTag(tag)}`)
  }
  if (path.length > deepest) {
    refuse(`this is nested more than ${deepest} levels deep`)
    return null
  }
  if (isMap(node)) {
    yield
    return { kind: 'map', at, entries: yield* readEntries(reader, node.items, path) }
  }
  if (isSeq(node)) {
    const items: ConfigNode[] = []
    for (const [index, item] of node.items.entries()) {
      const read = yield* readNode(reader, item, [...path, index])
      items.push(read ?? missing(item === null ? at : reader.place(item)))
    }
    return { kind: 'list', at, items }
  }
  return isScalar(node) ? readScalar(reader, node, at, path) : null
}

/** What several places share has a name here as well. */
function namedFor(path: ConfigPath): string {
  if (path[0] === 'policies' || path.includes('require')) return ', or give the rule a name in `policies`'
  return path[0] === 'apps' && path.length < 4 ? ', or what all apps share in `defaults`' : ''
}

function ofTag(tag: string): string {
  if (/^!env/i.test(tag)) return `a variable is written "\${env:NAME}"`
  if (/^!(?:include|file|secret)/i.test(tag)) return `what a file holds is written "\${file:/path}"`
  return inQuotes('!')
}

function inQuotes(sign: string): string {
  return `a text that begins with "${sign}" stands in quotes`
}

function readScalar(reader: Reader, node: Scalar.Parsed, at: Position, path: ConfigPath): ConfigNode {
  const value = plainValue(node.value)
  const source = node.source ?? ''
  const { surroundings, report, warn } = reader.context
  if (typeof value !== 'string' || !holdsReference(value)) {
    if (typeof value === 'string') reportForeign(reader.context, value, at, path)
    return { kind: 'scalar', at, value, source, interpolated: false }
  }
  const file = linesReference(value)
  if (file !== null) return readList(reader.context, file, at, path)
  const standIn = mayBeMadeUp(path, surroundings.madeUp) ? madeUpText : null
  const result = interpolate(value, surroundings, standIn)
  if (!result.ok) {
    report({ position: at, path: pathText(path), message: result.message, suggestion: null })
    return { kind: 'scalar', at, value, source, interpolated: true }
  }
  for (const file of result.worldReadable) {
    const message = `everyone on this machine may read the file ${file}: chmod o-r`
    warn({ position: at, path: pathText(path), message, suggestion: null })
  }
  return { kind: 'scalar', at, value: result.text, source, interpolated: true }
}

/** A value that somebody else was meant to fill in. */
function reportForeign(
  { surroundings, report }: ReadContext,
  value: string,
  at: Position,
  path: ConfigPath,
): void {
  const foreign = foreignReference(value, path)
  if (foreign !== null) report({ position: at, path: pathText(path), ...foreign })
  const message = surroundings.mayBeOpen === true ? null : leftOpen(value, path)
  if (message !== null) report({ position: at, path: pathText(path), message, suggestion: null })
}

/** The entries of a file where a rule may hold them; elsewhere a fault. */
function readList(
  { surroundings, report }: ReadContext,
  file: string,
  at: Position,
  path: ConfigPath,
): ConfigNode {
  const result = mayHoldLines(path)
    ? readLines(file, surroundings)
    : {
        ok: false as const,
        message: `"\${lines:…}" stands only in rules (\`require\`, \`policies\`) and in \`only\``,
      }
  if (result.ok) return { kind: 'lines', at, file, entries: result.entries }
  report({ position: at, path: pathText(path), message: result.message, suggestion: null })
  return { kind: 'lines', at, file, entries: [] }
}

function* readEntries(
  reader: Reader,
  pairs: readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[],
  path: ConfigPath,
): Steps<readonly MapEntry[]> {
  const entries = new Map<string, MapEntry>()
  for (const pair of pairs) {
    const keyAt = reader.place(pair.key)
    const refuse = (key: string, message: string) => {
      reader.context.report({ position: keyAt, path: pathText([...path, key]), message, suggestion: null })
    }
    const joined = pair.value === null ? joinedKey(pair.key) : null
    if (joined !== null) {
      // Read as it is meant, so that nothing follows from it; what stands behind the colon may be a secret.
      const { key, rest } = joined
      refuse(key, `a space is missing behind "${key}:"`)
      const value: ConfigNode = { kind: 'scalar', at: keyAt, value: rest, source: rest, interpolated: false }
      if (!entries.has(key)) entries.set(key, { key, keyAt, value })
      continue
    }
    const key = readKey(pair.key)
    const wrong = key === null ? noKey(pair.key) : wrongKey(pair.key, key)
    const before = key === null ? undefined : entries.get(key)
    if (key === null || wrong !== null) {
      refuse(key ?? '?', wrong ?? '')
    } else if (before !== undefined) {
      refuse(key, `this key already stands in line ${before.keyAt.line}: keep one of the two`)
    }
    if (key === null) continue
    const value =
      (yield* readNode(reader, pair.value, [...path, key])) ??
      missing(pair.value === null ? keyAt : reader.place(pair.value))
    if (wrong === null && before === undefined) entries.set(key, { key, keyAt, value })
  }
  return [...entries.values()]
}

/** `{ name:text }`, which YAML takes for one key without a value; null for every other. */
function joinedKey(node: ParsedNode): { readonly key: string; readonly rest: string } | null {
  if (!isScalar(node) || node.type !== 'PLAIN' || typeof node.value !== 'string') return null
  const [, key, rest] = /^([A-Za-z_][\w-]{0,60}):(?!\/\/)(.+)$/s.exec(node.value) ?? []
  return key === undefined || rest === undefined ? null : { key, rest }
}

/** The key as text; a plain `404` is the text it was written as. Null for `null`, lists and mappings. */
function readKey(key: ParsedNode): string | null {
  if (!isScalar(key) || key.value === null) return null
  return typeof key.value === 'string' ? key.value : (key.source ?? null)
}

/** `{{ name }}` without quotes is a mapping as a key. */
function noKey(key: ParsedNode): string {
  return isMap(key)
    ? `"{{…}}" is filled in by nobody here: a variable is written "\${env:NAME}"`
    : 'a key must be a plain word or a text in quotes'
}

function wrongKey(node: ParsedNode, key: string): string | null {
  if (node.tag !== undefined || ('anchor' in node && node.anchor !== undefined)) {
    return 'a key bears no anchor and no tag'
  }
  if (key === '<<') return 'the merge key "<<" is not allowed: write the keys themselves'
  // Names that mean something else on every JavaScript object.
  if (key === '__proto__' || key === 'constructor' || key === 'prototype')
    return 'this name is not allowed as a key'
  if (key === '') return 'a key must not be empty'
  if (holdsReference(key)) return `"\${…}" may stand in values only, not in keys`
  return null
}

/** The core schema yields nothing else; what might is read as text. */
function plainValue(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  return String(value)
}

/** `key:` with nothing behind it. */
function missing(at: Position): ConfigNode {
  return { kind: 'scalar', at, value: null, source: '', interpolated: false }
}

function placeOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function printable(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
