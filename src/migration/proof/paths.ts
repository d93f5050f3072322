import { convertPath } from '../apache/path.ts'
import type { PathSection } from '../apache/reading/site.ts'
import { sampleOf } from './sample.ts'

/** Paths at, below and beside every section: where the two kinds of matching could part. */
export function pathsFor(sections: readonly PathSection[]): readonly string[] {
  const found = new Set(['/', '/elsewhere', '/elsewhere/x'])
  for (const section of sections) {
    for (const path of [...startsOf(section), ...covered(section)]) {
      const plain = path.replace(/\/+$/, '')
      for (const one of [path, plain, `${plain}/`, `${plain}/x`, `${plain}/x/y`, `${plain}x`]) {
        if (isPath(one)) found.add(one)
      }
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
  const converted = convertPath(section)
  if (!converted.ok) return []
  return converted.patterns.map(({ segments }) => `/${segments.map((segment) => segment ?? 'x').join('/')}`)
}

/** Plain enough that both servers read it alike. */
function isPath(path: string): boolean {
  return /^(?:\/[A-Za-z0-9~_-][A-Za-z0-9.~_-]*)*\/?$/.test(path) && path !== ''
}
