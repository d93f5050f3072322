import { readFileSync } from 'node:fs'

/**
 * The lines of a corpus file in this folder, without comments (`# …`) and blank ones. `\xHH` becomes that character,
 * so that spaces, controls and 8-bit bytes can be seen in the file.
 */
export function corpus(name: string): string[] {
  const lines = readFileSync(new URL(name, import.meta.url), 'utf8').split('\n')
  const texts = lines.filter((line) => line !== '' && !line.startsWith('# '))
  if (texts.length === 0) throw new Error(`the corpus ${name} is empty`)
  return texts.map((line) =>
    line.replace(/\\x([0-9a-f]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16))),
  )
}

/** A value for the name of an assertion: one line of ASCII, whatever it holds. */
export function shown(value: unknown): string {
  return String(JSON.stringify(value)).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
