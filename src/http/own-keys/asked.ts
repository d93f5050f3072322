import type { FilledKeyForm } from '../../core/keys/own-key-form.ts'

/** What a form of the page asks for. */
export type AskedOfKeys = (
  | FilledKeyForm
  | { readonly kind: 'rename'; readonly id: string; readonly name: string }
  | { readonly kind: 'revoke'; readonly id: string }
) & {
  /** What the page put into the form: see core/keys/own-key-form. */
  readonly form: string
  /** Names the secret that the key had. */
  readonly current: string
}

const known = ['do', 'form', 'key', 'current', 'name', 'expires', 'origins', 'overlap']

/** Null: it is no form of ours. A field that the page does not have, or that stands twice, asks for nothing. */
export function readAsked(form: URLSearchParams): AskedOfKeys | null {
  const names = [...form.keys()]
  if (new Set(names).size < names.length || names.some((name) => !known.includes(name))) return null
  const text = (name: string): string => form.get(name) ?? ''
  const of = { form: text('form'), current: text('current') }
  const id = text('key')
  switch (form.get('do')) {
    case 'make':
      return { kind: 'make', name: text('name'), expires: text('expires'), origins: text('origins'), ...of }
    case 'rotate':
      return { kind: 'rotate', id, overlap: text('overlap'), ...of }
    case 'rename':
      return { kind: 'rename', id, name: text('name'), ...of }
    case 'revoke':
      return { kind: 'revoke', id, ...of }
    default:
      return null
  }
}
