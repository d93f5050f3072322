import type { Accent } from './accent.ts'
import type { Catalogue } from './catalogue.ts'
import { english } from './english.ts'
import { german } from './german.ts'

/** How pages look and which languages they speak: `pages` of the configuration. */
export interface PageSettings {
  /** What pages say, by language (BCP 47). The first is for browsers whose languages are not there. */
  readonly catalogues: ReadonlyMap<string, Catalogue>
  /** The one language of all pages; null: of each page that of `catalogues` which its browser wants most. */
  readonly language: string | null
  /** A picture in place of the gate, as a data: URL; null: the gate. */
  readonly logo: string | null
  /** Null: the colours of the stylesheet. */
  readonly accent: Accent | null
}

/** The languages that are built in. */
export const builtInCatalogues: ReadonlyMap<string, Catalogue> = new Map<string, Catalogue>([
  ['en', english],
  ['de', german],
])
