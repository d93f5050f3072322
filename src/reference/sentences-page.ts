import { english } from '../core/pages/english.ts'
import { builtInCatalogues } from '../core/pages/settings.ts'
import { code, table } from './table.ts'

/** docs/sentences.md: every sentence of the gateway's pages, by name, in every language that is built in. */
export function toSentencesPage(): string {
  const names = Object.keys(english) as readonly (keyof typeof english)[]
  const languages = [...builtInCatalogues.keys()]
  const rows = names.map((name) => [
    code(name),
    ...languages.map((language) => builtInCatalogues.get(language)?.[name] ?? ''),
  ])
  return [intro, table(['name', ...languages.map(code)], rows)].join('\n')
}

const intro = `<!-- Written by \`npm run generate\` from src/core/pages. Change it there. -->

# Sentences of the gateway's pages

A file that \`pages.texts\` names replaces sentences by these names. [Pages](pages.md) tells how. What stands in
braces is filled in, and must stand in your sentence too. The names change in a major version alone.
`
