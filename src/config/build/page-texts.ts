import { type Catalogue, type SentenceName, slotsOf } from '../../core/pages/catalogue.ts'
import { english } from '../../core/pages/english.ts'
import { builtInCatalogues } from '../../core/pages/settings.ts'
import { decodeUtf8, readBeside } from '../files.ts'
import { printIssue, type Report } from '../issue.ts'
import { nearest } from '../nearest.ts'
import type { ConfigPath } from '../node.ts'
import { type ConfigNode, type MapEntry, pathText } from '../node.ts'
import { readTree } from '../read.ts'
import { faultAt, type Scope } from './scope.ts'

const largestBytes = 256 * 1024
const longestSentence = 500

/**
 * The catalogues with the operator's sentences in place of ours: a file of languages, each with names and sentences.
 * Each fault is told at the key that names the file, with its own place in that file.
 */
export function readTexts(scope: Scope, path: ConfigPath, file: string): ReadonlyMap<string, Catalogue> {
  const fault = (message: string) => faultAt(scope, path, message)
  const report: Report = (issue) => fault(printIssue({ file, ...issue }))
  const root = readRoot(scope, file, fault, report)
  const catalogues = new Map(builtInCatalogues)
  if (root === null) return catalogues
  if (root.kind !== 'map') {
    report(
      issueAt(root, [], 'expected languages, each with names and sentences: `de: { link.sign-in: Los }`'),
    )
    return catalogues
  }
  for (const entry of root.entries) {
    const catalogue = readLanguage(entry, catalogues.get(entry.key) ?? null, report)
    if (catalogue !== null) catalogues.set(entry.key, catalogue)
  }
  return catalogues
}

function readRoot(
  scope: Scope,
  file: string,
  fault: (message: string) => void,
  report: Report,
): ConfigNode | null {
  const read = readBeside(scope.surroundings, file)
  if (!read.ok) return fault(`the file cannot be read: ${read.reason}`) ?? null
  if (read.bytes.length > largestBytes)
    return fault('the file is too large: texts have at most 256 KiB') ?? null
  const text = decodeUtf8(read.bytes)
  if (text === null) return fault('the file is no UTF-8 text') ?? null
  return readTree(text, { surroundings: { ...scope.surroundings, file }, report, warn: () => {} })
}

/** BCP 47, as `lang` of a page has it. */
const tagForm = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/

/** One that has the form may still be none, such as `de-12`: who writes dates and sorts by it would throw. */
function isTag(text: string): boolean {
  if (!tagForm.test(text)) return false
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

/** Null when reported. */
function readLanguage(
  { key: language, keyAt, value }: MapEntry,
  own: Catalogue | null,
  report: Report,
): Catalogue | null {
  const at = (message: string, suggestion: string | null = null) =>
    report({ position: keyAt, path: pathText([language]), message, suggestion })
  if (!isTag(language)) return at('expected the tag of a language, such as `de`, `fr` or `pt-BR`') ?? null
  if (value.kind !== 'map') {
    report(issueAt(value, [language], 'expected names of sentences, each with its text'))
    return null
  }
  const replaced = new Map<string, string>()
  for (const entry of value.entries) {
    const text = readSentence(language, entry, report)
    if (text !== null) replaced.set(entry.key, text)
  }
  const missing = own === null ? names.filter((name) => !value.entries.some(({ key }) => key === name)) : []
  if (missing.length > 0) {
    const some = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ' and more' : '')
    return at(`is not built in, so it needs every sentence, and lacks ${some}`) ?? null
  }
  return complete(own, replaced)
}

const names = Object.keys(english) as readonly SentenceName[]

function complete(own: Catalogue | null, replaced: ReadonlyMap<string, string>): Catalogue {
  const catalogue: Record<SentenceName, string> = { ...(own ?? english) }
  for (const name of names) catalogue[name] = replaced.get(name) ?? catalogue[name]
  return catalogue
}

/** Null when reported. */
function readSentence(
  language: string,
  { key: name, keyAt, value }: MapEntry,
  report: Report,
): string | null {
  const path = [language, name]
  const known = names.find((one) => one === name)
  if (known === undefined) {
    const suggestion = nearest(name, names)
    const message =
      suggestion === null ? 'unknown sentence: docs/sentences.md lists them' : 'unknown sentence'
    report({ position: keyAt, path: pathText(path), message, suggestion })
    return null
  }
  if (value.kind !== 'scalar' || typeof value.value !== 'string') {
    report(issueAt(value, path, 'expected a text: write it in quotes'))
    return null
  }
  const message = sentenceFault(value.value, english[known])
  if (message === null) return value.value
  report(issueAt(value, path, message))
  return null
}

function sentenceFault(text: string, ours: string): string | null {
  if (text.trim() === '') return 'must not be empty'
  if (text.length > longestSentence)
    return `is too long: a sentence has at most ${longestSentence} characters`
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return 'expected one line without control characters'
  const [wanted, found] = [slotsOf(ours), slotsOf(text)]
  const missing = wanted.find((slot) => !found.includes(slot))
  if (missing !== undefined) return `lacks {${missing}}, where something is filled in`
  const [other] = found.filter((slot) => !wanted.includes(slot))
  if (other !== undefined) return `has {${other}}, and nothing is filled in there`
  return found.length > wanted.length ? 'has something to fill in twice' : null
}

function issueAt(node: ConfigNode, path: ConfigPath, message: string): Parameters<Report>[0] {
  return { position: node.at, path: pathText(path), message, suggestion: null }
}
