// The fenced blocks of a page of docs/, in its order: what a reader copies, a test runs.
import { readFileSync } from 'node:fs'
import { root } from './examples.ts'

export interface PageBlock {
  /** The first word behind the fence, which tells an editor the language. */
  readonly language: string
  /** The words after it, which tell a test what to do. */
  readonly task: string
  readonly text: string
  /** `docs/tutorial.md:12`. */
  readonly place: string
}

/** Every block of a page; a fence inside a list item is one too. */
export function blocksOf(page: string): readonly PageBlock[] {
  const text = readFileSync(root + page, 'utf8')
  return [...text.matchAll(/^( *)```(\S+) ?([^\n]*)\n([\s\S]*?)^\1```$/gm)].map((found) => {
    const [, indent = '', language = '', task = '', body = ''] = found
    const place = `${page}:${text.slice(0, found.index).split('\n').length}`
    return { language, task, place, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }
  })
}

/** A file after a block of `diff`: the old lines must stand in it exactly once. */
export function applyDiff(file: string, { text, place }: PageBlock): string {
  const lines = text.trimEnd().split('\n')
  const side = (sign: string) =>
    lines
      .filter((line) => line === '' || line.startsWith(' ') || line.startsWith(sign))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
  const [before, ...others] = file.split(side('-'))
  if (before === undefined || others.length !== 1) throw new Error(`${place}: not once in the file:\n${file}`)
  return before + side('+') + others[0]
}

/** Whether a text has the lines of another, in this order; `…` stands for anything. */
export function showsOutput(printed: string, shown: string): boolean {
  const pattern = shown
    .trimEnd()
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*')
  return new RegExp(`(?:^|\n)${pattern}`).test(printed)
}
