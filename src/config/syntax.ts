import type { Document, LineCounter } from 'yaml'
import type { Position } from './node.ts'

/** What keeps a text from being read as one YAML document. */
export interface SyntaxFault {
  readonly position: Position | null
  readonly message: string
}

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
  const faults = [
    ...characterFaults(text),
    ...documents.flatMap((document) => documentFaults(document, text, place)),
  ]
  const [, second] = documents
  if (second !== undefined) {
    const message = 'a second document begins here: a configuration is one document'
    faults.push({ position: place(second.range[0]), message })
  }
  return firstOfEachLine(faults)
}

function documentFaults(
  document: Document.Parsed,
  text: string,
  place: (offset: number) => Position,
): readonly SyntaxFault[] {
  const { yaml, tags } = document.directives
  const faults = document.errors.flatMap((error, index) => {
    const position = place(error.pos[0])
    const line = lineOf(text, position)
    // After a first slip the parser stumbles over what follows; that says nothing new.
    if (index > 0 && error.code === 'UNEXPECTED_TOKEN' && !unquotedReference.test(line)) return []
    return [{ position, message: explain(error.code, error.message, line) }]
  })
  if (yaml.explicit === true || Object.keys(tags).length > 1) {
    faults.push({ position: { line: 1, column: 1 }, message: 'directives such as "%YAML" are not allowed' })
  }
  return faults
}

const unquotedReference = /[[{,:]\s*\$\{/

/** What people most often meant, added to what the parser says. */
function explain(code: string, message: string, line: string): string {
  const said = message.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
  if (unquotedReference.test(line)) return `${said}: in {…} and […] a value with "\${…}" stands in quotes`
  if (code === 'BAD_ALIAS') return `${said}: a text that begins with "*" stands in quotes`
  if (code === 'BAD_SCALAR_START') return `${said}: such a text stands in quotes`
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return `${said}: a text that holds ": " stands in quotes`
  return said
}

/** YAML 1.2 section 5.1 leaves these out, section 6.1 tabs as indentation; the parser lets some pass. */
function characterFaults(text: string): SyntaxFault[] {
  const faults: SyntaxFault[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const tab = /^[ ]*\t/.exec(line)
    if (tab !== null) {
      const message = 'a tab is not allowed as indentation: use spaces'
      faults.push({ position: { line: index + 1, column: tab[0].length }, message })
    }
    const control = /[\u0000-\u0008\u000b-\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]|\r(?!$)/.exec(line)
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

function lineOf(text: string, { line }: Position): string {
  return text.split('\n')[line - 1] ?? ''
}
