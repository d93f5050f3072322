import { readCover } from '../apache/path.ts'
import type { PathSection } from '../apache/reading/section.ts'
import type { PathPattern } from '../path-pattern.ts'
import { sampleOf } from './sample.ts'

/** Paths at, below and beside every section and every location of the result: where the two kinds of matching could part. */
export function pathsFor(
  sections: readonly PathSection[],
  locations: readonly PathPattern[],
): readonly string[] {
  const found = new Set(['/', '/elsewhere', '/elsewhere/x'])
  const starts = [
    ...sections.flatMap((section) => [...startsOf(section), ...covered(section)]),
    ...locations.map(pathOf),
  ]
  for (const path of new Set(starts)) {
    const plain = path.replace(/\/+$/, '')
    for (const one of [path, plain, `${plain}/`, `${plain}/x`, `${plain}/x/y`, `${plain}x`]) {
      if (isPath(one)) found.add(one)
    }
  }
  return [...found]
}

function startsOf({ kind, pattern }: PathSection): readonly string[] {
  switch (kind) {
    case 'prefix':
      return [pattern]
    case 'wildcard':
      return [pattern.replaceAll('*', 'x').replaceAll('?', 'x')]
    case 'expression': {
      const sample = sampleOf(pattern)
      if (sample === null) return []
      return sample.startsWith('/') ? [sample] : [`/${sample}`, `/x${sample}`, `/a/x${sample}`]
    }
  }
}

function covered(section: PathSection): readonly string[] {
  const { certain, possible } = readCover(section)
  return [...certain, ...possible].map(pathOf)
}

function pathOf({ segments }: PathPattern): string {
  return `/${segments.map((segment) => segment ?? 'x').join('/')}`
}

/** Plain enough that both servers read it alike. */
function isPath(path: string): boolean {
  return /^(?:\/[A-Za-z0-9~_-][A-Za-z0-9.~_-]*)*\/?$/.test(path) && path !== ''
}
