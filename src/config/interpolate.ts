import { decodeUtf8, readBeside, type Surroundings } from './files.ts'

export type Interpolated =
  | { readonly ok: true; readonly text: string; readonly worldReadable: readonly string[] }
  /** `missing`: the name of what is not there, in a reference that is right. */
  | { readonly ok: false; readonly message: string; readonly missing?: string }

/** `$${`, a whole `${…}`, or the beginning of one that is not closed. */
const references = /\$\$\{|\$\{([^}]*)(\}?)/g

/** Whether a value of the file asks for anything. */
export function holdsReference(text: string): boolean {
  return text.includes('${')
}

/**
 * Puts variables and files into one value: `${env:NAME}`, `${env:NAME:-default}`, `${file:/path}`; `$${` writes
 * `${`. What is put in is not looked through again. Messages name variables and paths, never what they hold.
 * `standIn` yields a text for what is missing; null: that is a fault.
 */
export function interpolate(
  text: string,
  surroundings: Surroundings,
  standIn: ((name: string) => string) | null = null,
): Interpolated {
  const worldReadable: string[] = []
  let problem: string | null = null
  const result = text.replace(references, (whole, inner: string | undefined, close: string | undefined) => {
    if (inner === undefined) return '${'
    const found = close === '' ? unclosed : lookUp(inner, surroundings)
    if (!found.ok) {
      if (found.missing !== undefined && standIn !== null) return standIn(found.missing)
      problem ??= found.message
      return whole
    }
    worldReadable.push(...found.worldReadable)
    return found.text
  })
  return problem === null ? { ok: true, text: result, worldReadable } : { ok: false, message: problem }
}

/** The files that a value of the file asks for, as it names them. */
export function filesNamedIn(text: string): readonly string[] {
  return [...text.matchAll(references)].flatMap(([, inner = '']) =>
    inner.startsWith('file:') ? [inner.slice('file:'.length)] : [],
  )
}

const unclosed: Interpolated = {
  ok: false,
  message: '"${" is not closed; write "$${" for the two characters',
}

const linesWithin = `"\${lines:…}" stands alone: it yields a list, and no part of a text`

function lookUp(inner: string, surroundings: Surroundings): Interpolated {
  if (inner.startsWith('env:')) return lookUpVariable(inner.slice('env:'.length), surroundings)
  if (inner.startsWith('lines:')) return { ok: false, message: linesWithin }
  if (inner.startsWith('file:')) return lookUpFile(inner.slice('file:'.length), surroundings)
  // A default may be a secret.
  const named = inner.replace(/(?<=:-).*/s, '…')
  const [, name, rest = ''] = /^(?:env\.|ENV:)?([A-Za-z_]\w*)((?::-…)?)$/.exec(named) ?? []
  if (name !== undefined) {
    const message = `"\${${named}}" is unknown: write \${env:${name}${rest}}; "$\${" writes a plain "\${"`
    return { ok: false, message }
  }
  return {
    ok: false,
    message: `"\${${named}}" is unknown: expected \${env:NAME}, \${env:NAME:-default}, \${file:/path} or \${lines:/path}; write "$\${" for a plain "\${"`,
  }
}

function lookUpVariable(inner: string, { env }: Surroundings): Interpolated {
  const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inner) ?? []
  if (name === undefined) {
    return { ok: false, message: `"\${env:${inner}}" names no variable: expected \${env:NAME}` }
  }
  // Set but empty counts as unset: an empty secret is what a broken deployment passes on.
  const value = (Object.hasOwn(env, name) && env[name]) || fallback
  if (value === undefined || value === '') {
    const message = `the environment variable ${name} is not set, or empty: set it where claimgate starts`
    return { ok: false, message, missing: name }
  }
  return { ok: true, text: value, worldReadable: [] }
}

function lookUpFile(path: string, surroundings: Surroundings): Interpolated {
  if (path === '') return { ok: false, message: `"\${file:}" names no file` }
  const file = readBeside(surroundings, path)
  if (!file.ok) return { ok: false, message: `the file ${path}: ${file.reason}`, missing: path }
  const text = decodeUtf8(file.bytes)?.replace(/\r?\n$/, '')
  if (text === undefined) return { ok: false, message: `the file ${path} is no UTF-8 text` }
  if (text === '') return { ok: false, message: `the file ${path} is empty` }
  return { ok: true, text, worldReadable: file.worldReadable ? [path] : [] }
}
