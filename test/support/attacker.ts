// A browser that does not obey: it keeps cookies that were deleted, sends what a sibling site has tossed into its jar
// beside ours, and repeats what it once sent. `Browser` stands for people; this one stands for whoever wants what is theirs.
import { Browser, type Page, type VisitOptions } from './browser.ts'

/** A cookie as it lies in a jar: RFC 6265bis 5.6 keeps two of one name apart by domain and path. */
interface JarCookie {
  readonly name: string
  readonly value: string
  /** Set by a page of a sibling, with `Domain=` of the parent; else by the gateway, for its host alone. */
  readonly tossed: boolean
  readonly path: string
}

export interface Tossed {
  readonly name: string
  readonly value: string
  /** A longer path than ours sends it before ours (RFC 6265bis 5.8.3); `/` leaves the order to who came first. */
  readonly path?: string
}

export class Attacker {
  /** Oldest first. */
  #jar: readonly JarCookie[] = []
  readonly #deleted: JarCookie[] = []
  readonly #keepsDeleted: boolean

  constructor(options: { readonly keepsDeleted?: boolean } = {}) {
    this.#keepsDeleted = options.keepsDeleted ?? false
  }

  /** What a page of a sibling site does with `document.cookie` and `Domain=`. Browsers refuse it for `__Host-` names. */
  toss({ name, value, path = '/' }: Tossed): void {
    if (name.startsWith('__Host-')) throw new Error('no browser lets a sibling set a cookie of this name')
    this.#jar = [
      ...this.#jar.filter((one) => !isSame(one, { name, tossed: true, path })),
      { name, value, tossed: true, path },
    ]
  }

  /** A cookie of the gateway, however it was come by. */
  steal(name: string, value: string): void {
    this.#set({ name, value, tossed: false, path: '/' })
  }

  /** Deleted ones come back, as they were before they were deleted. */
  restoreDeleted(): void {
    for (const cookie of this.#deleted) this.#set(cookie)
  }

  /** Names that it sends, in order; one that is there twice comes twice. */
  names(): readonly string[] {
    return this.#sent('/').map(({ name }) => name)
  }

  /** The value that the gateway set, if it is there. */
  value(name: string): string | undefined {
    return this.#jar.find((one) => one.name === name && !one.tossed)?.value
  }

  /** As it would be sent to a path. */
  header(path = '/'): string {
    return this.#sent(path)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  /** One request; redirects are answers like others. `headers.cookie` goes instead of the jar. */
  async visit(address: string, options: Omit<VisitOptions, 'follow'> = {}): Promise<Page> {
    const cookie = this.header(new URL(address).pathname)
    const headers = { ...(cookie === '' ? {} : { cookie }), ...options.headers }
    const page = await new Browser().visit(address, { ...options, headers, follow: false })
    for (const line of page.headers['set-cookie'] ?? []) this.#keep(line)
    return page
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    const own = { name, tossed: false, path: '/' }
    if (!attributes.some((one) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(one))) {
      this.#set({ ...own, value })
      return
    }
    const before = this.#jar.find((one) => isSame(one, own))
    if (before === undefined) return
    this.#deleted.push(before)
    // A deletion names its own cookie alone: what a sibling has set stays.
    if (!this.#keepsDeleted) this.#jar = this.#jar.filter((one) => one !== before)
  }

  #set(cookie: JarCookie): void {
    const known = this.#jar.findIndex((one) => isSame(one, cookie))
    // One that is set again keeps its age, and so its place.
    this.#jar = known === -1 ? [...this.#jar, cookie] : this.#jar.with(known, cookie)
  }

  #sent(path: string): readonly JarCookie[] {
    const fitting = this.#jar.filter(
      (one) => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`),
    )
    return fitting.toSorted((one, other) => other.path.length - one.path.length)
  }
}

function isSame(one: Omit<JarCookie, 'value'>, other: Omit<JarCookie, 'value'>): boolean {
  return one.name === other.name && one.tossed === other.tossed && one.path === other.path
}
