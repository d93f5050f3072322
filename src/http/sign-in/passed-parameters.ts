import type { ProviderSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'

type Listing = Pick<ProviderSettings, 'passParameters'>

/** What a link to `/.auth/login` brought for the provider. */
export type ReadPassed =
  | { readonly ok: true; readonly passed: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly reason: 'parameter-repeated' | 'parameter-invalid' }

/** Those parameters that some of these providers is handed; others are not looked at, and empty ones are none. */
export function readPassed(query: URLSearchParams, providers: readonly Listing[]): ReadPassed {
  const passed = new Map<string, string>()
  for (const name of new Set(providers.flatMap(({ passParameters }) => passParameters))) {
    const [value = '', ...more] = query.getAll(name)
    if (more.length > 0) return { ok: false, reason: 'parameter-repeated' }
    if (value === '') continue
    // `ui_locales` is several words, with a space between them (OIDC Core 3.1.2.1).
    if (value.length > limits.passedCharacters || !/^[!-~]+(?: [!-~]+)*$/.test(value))
      return { ok: false, reason: 'parameter-invalid' }
    passed.set(name, value)
  }
  return { ok: true, passed }
}

/** Those of them that one provider is handed. */
export function passedTo(
  { passParameters }: Listing,
  passed: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map([...passed].filter(([name]) => passParameters.includes(name)))
}
