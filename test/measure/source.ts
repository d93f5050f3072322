// TypeScript as Node runs it: types become blanks, so that every offset of the tree, and of what V8 reports, is one
// of the file itself.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { type Program, parse } from 'acorn'

export interface Source {
  /** Below the root, with slashes. */
  readonly path: string
  readonly text: string
  readonly program: Program
}

export function parseSource(path: string, text: string): Source {
  const code = stripTypeScriptTypes(text)
  if (code.length !== text.length) throw new Error(`${path}: offsets moved when the types were taken out`)
  return { path, text, program: parse(code, { ecmaVersion: 'latest', sourceType: 'module' }) }
}

export function readSource(root: string, path: string): Source {
  return parseSource(path, readFileSync(join(root, path), 'utf8'))
}

/** The TypeScript files of a folder, or the file itself; paths below the root, in order. */
export function listSources(root: string, path: string): readonly string[] {
  if (statSync(join(root, path)).isFile()) return [path]
  const names = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(path, name))
    .sort()
}

/** From 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

export function hashOf(root: string, path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('base64url')
}
