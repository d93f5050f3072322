import { passesOn, rewriteSteps } from './rewrite.ts'
import { type PathSection, readContent } from './section.ts'
import type { HostParts } from './served.ts'
import type { Section } from './tree.ts'
import { splitWords, takeWord } from './words.ts'

/** `<Proxy>` and `<ProxyMatch>` as sections of paths: their rules hold for what is passed on to such an address. */
export function proxySections(
  host: HostParts & { readonly others: readonly Section[] },
): readonly PathSection[] {
  const passed = passedOn(host)
  return host.others
    .filter(({ key }) => key === 'proxy' || key === 'proxymatch')
    .flatMap((section) => {
      const content = readContent(section)
      if (content.requires === null && content.compat === null) return []
      const all = section.key === 'proxy' && /^["']?(?:\*|https?:\/\/\*)["']?$/.test(section.rest)
      const base = { ...content, kind: 'prefix', except: [] } as const
      if (all) return [{ ...base, pattern: '/', doubt: null }]
      const address = takeWord(section.rest).word.replace(/\/$/, '')
      const plain = section.key === 'proxy' && !/[*?~[]/.test(address)
      return passed.flatMap(({ path, target }) => {
        const sure = plain && path !== null && (target === address || target.startsWith(`${address}/`))
        const apart =
          plain && !target.startsWith(address) && !address.startsWith(target) && !target.includes('$')
        const doubt = sure ? null : 'which of the requests go to that address nobody knows here'
        return apart ? [] : [{ ...base, pattern: path ?? '/', doubt }]
      })
    })
}

/** What goes where; a path of null is any. */
function passedOn({ directives, paths, rewriting }: HostParts) {
  const lines = directives.flatMap(({ key, rest }) => {
    const [path = '', target = ''] = splitWords(rest)
    if (key === 'proxypass') return [{ path: plainPath(path), target }]
    return key === 'proxypassmatch' ? [{ path: null, target }] : []
  })
  const inSections = paths.flatMap(({ kind, pattern, directives: own }) =>
    own
      .filter(({ key }) => /^proxypass(?:match)?$/.test(key))
      .map(({ rest }) => ({
        path: kind === 'prefix' ? plainPath(pattern) : null,
        target: splitWords(rest)[0] ?? '',
      })),
  )
  const steps = rewriteSteps(rewriting).filter(passesOn)
  return [...steps.map(({ target }) => ({ path: null, target })), ...inSections, ...lines]
    .filter(({ target }) => target !== '!')
    .map(({ path, target }) => ({ path, target: target.replace(/\/$/, '') }))
}

function plainPath(path: string): string | null {
  return path.startsWith('/') ? path.replace(/(?<=.)\/+$/, '') : null
}
