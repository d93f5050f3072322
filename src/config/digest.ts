import { createHash } from 'node:crypto'
import { readBeside, type Surroundings } from './files.ts'
import { filesNamedIn } from './interpolate.ts'
import { type ConfigNode, type ConfigPath, nodeAt } from './node.ts'

/** One of the files that decide who gets in. */
interface DecidingFile {
  /** `configuration`, `shadow`, or how a rule puts it in: `lines`, `file`; behind `shadow ` those of that file. */
  readonly as: string
  /** As it is named in the configuration; empty for the configuration itself, which may be called anything. */
  readonly name: string
  /** SHA-256 of its bytes; of the configuration without a byte order mark. Null: it is not here. */
  readonly sha256: string | null
}

/** A digest of all of them. The same files have the same one on every machine, wherever they lie. */
export interface FilesDigest {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string
  readonly files: readonly DecidingFile[]
}

/** A configuration that was read: its text, its tree, and what is around it. */
export interface ReadConfiguration {
  readonly text: string
  readonly root: ConfigNode
  readonly surroundings: Surroundings
}

/**
 * Of the configuration, the file that its `shadow` names, and each file that a rule or an identity header puts in.
 * Secrets and certificates are not part of it, as they are in no repository, nor are variables. Never throws.
 */
export function digestOf(own: ReadConfiguration, shadow: ReadConfiguration | null): FilesDigest {
  const files = [
    { as: 'configuration', name: '', sha256: sha256(Buffer.from(own.text)) },
    ...namedFiles(own, ''),
    ...(shadow === null ? [] : shadowFiles(own, shadow)),
  ]
  return { digest: `sha256:${sha256(Buffer.from(manifestOf(files)))}`, files }
}

function shadowFiles({ root }: ReadConfiguration, shadow: ReadConfiguration): readonly DecidingFile[] {
  const node = nodeAt(root, ['shadow'])
  const name = node?.kind === 'scalar' ? node.source : ''
  return [{ as: 'shadow', name, sha256: sha256(Buffer.from(shadow.text)) }, ...namedFiles(shadow, 'shadow ')]
}

/** Each once, in an order of its own: where in the file something is named does not matter. */
function namedFiles({ root, surroundings }: ReadConfiguration, before: string): readonly DecidingFile[] {
  const named = new Map<string, DecidingFile>()
  for (const { as, name } of filesOfRules(root, [])) {
    const read = readBeside(surroundings, name)
    const file = { as: before + as, name, sha256: read.ok ? sha256(read.bytes) : null }
    named.set(JSON.stringify([file.as, name]), file)
  }
  return [...named].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, file]) => file)
}

type Named = Pick<DecidingFile, 'as' | 'name'>

function filesOfRules(node: ConfigNode, path: ConfigPath): readonly Named[] {
  switch (node.kind) {
    case 'lines':
      return [{ as: 'lines', name: node.file }]
    case 'scalar':
      if (!node.interpolated || !decides(path)) return []
      return filesNamedIn(node.source).map((name) => ({ as: 'file', name }))
    case 'list':
      return node.items.flatMap((item, index) => filesOfRules(item, [...path, index]))
    case 'map':
      return node.entries.flatMap(({ key, value }) => filesOfRules(value, [...path, key]))
  }
}

/** Whether a value there decides who gets in, or whom an app is told of. A secret stands at no such place. */
function decides([first, second, third, , ofLocation]: ConfigPath): boolean {
  if (first === 'policies') return true
  if (first === 'api_keys') return second === 'keys' || second === 'self_service'
  if (first === 'defaults') return isOfRules(second)
  return first === 'apps' && isOfRules(third === 'locations' ? ofLocation : third)
}

function isOfRules(key: string | number | undefined): boolean {
  return key === 'require' || key === 'identity_headers' || key === 'identity_assertion' || key === 'step_up'
}

/** One line of JSON a file: no name can look like another line. */
function manifestOf(files: readonly DecidingFile[]): string {
  return files.map(({ as, name, sha256 }) => `${JSON.stringify([as, name, sha256])}\n`).join('')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
