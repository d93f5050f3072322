import type { Document, LineCounter } from 'yaml'
import type { Position } from './node.ts'
import { holdsUnquotedReference, isUnclosed, type SyntaxFault, tabMessage, wordsFor } from './syntax-words.ts'

/**
 * Every fault of the text as YAML: at most one a line, as one slip makes the parser complain of all that follows in
 * the line. `documents` null: the parser gave up.
 */
export function readSyntax(
  text: string,
  documents: readonly Document.Parsed[] | null,
  lines: LineCounter,
): readonly SyntaxFault[] {
  if (documents === null) return [{ position: null, message: 'this is nested too deeply to be read' }]
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const textLines = text.split('\n').map((line) => line.replace(/\r$/, ''))
  const characters = characterFaults(textLines)
  const faults = [
    ...characters,
    ...documents.flatMap((document) => documentFaults(document, characters, textLines, place)),
  ]
  const [, second] = documents
  if (second !== undefined) {
    const message = 'a second document begins here, by "---": a configuration is one, in one file'
    faults.push({ position: place(second.range[0]), message })
  }
  if (faults.length === 0 && documents.some(({ errors }) => errors.length > 0)) {
    return [{ position: null, message: 'this is no YAML' }]
  }
  return firstOfEachLine(faults)
}

/** Far more than anybody reads at once. */
const mostErrors = 200

function documentFaults(
  document: Document.Parsed,
  told: readonly SyntaxFault[],
  lines: readonly string[],
  place: (offset: number) => Position,
): readonly SyntaxFault[] {
  const { yaml, tags } = document.directives
  const wrong = new Set(told.flatMap(({ position }) => position?.line ?? []))
  const faults: SyntaxFault[] = []
  for (const [index, { code, message: said, pos }] of document.errors.slice(0, mostErrors).entries()) {
    // After a first slip the parser stumbles over what follows; that says nothing new.
    const position = place(pos[0])
    if (index > 0 && code === 'UNEXPECTED_TOKEN' && !holdsUnquotedReference(lines, position)) continue
    const fault = wordsFor({ code, said, position, lines, wrong })
    if (fault !== null) faults.push(fault)
    if (isUnclosed(said)) break
    if (fault?.position) wrong.add(fault.position.line)
  }
  if (yaml.explicit === true || Object.keys(tags).length > 1) {
    const message = 'lines such as "%YAML" are not allowed: a configuration is YAML 1.2 without them'
    faults.push({ position: { line: 1, column: 1 }, message })
  }
  return faults
}

/** YAML 1.2 section 5.1 leaves these out, section 6.1 tabs as indentation; the parser lets some pass. */
function characterFaults(lines: readonly string[]): readonly SyntaxFault[] {
  const faults: SyntaxFault[] = []
  for (const [index, line] of lines.entries()) {
    const tab = /^[ ]*\t/.exec(line)
    if (tab !== null) {
      faults.push({ position: { line: index + 1, column: tab[0].length }, message: tabMessage })
    }
    const control = /[\u0000-\u0008\u000b-\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]|\r/.exec(line)
    if (control !== null) {
      const message = 'a control character is not allowed here'
      faults.push({ position: { line: index + 1, column: control.index + 1 }, message })
    }
  }
  return faults
}

function firstOfEachLine(faults: readonly SyntaxFault[]): readonly SyntaxFault[] {
  const seen = new Set<number | null>()
  return faults.filter(({ position }) => {
    const line = position?.line ?? null
    if (seen.has(line)) return false
    seen.add(line)
    return true
  })
}
