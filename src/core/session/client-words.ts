import { limits } from '../limits/table.ts'
import { type Address, formatAddress } from '../request/address.ts'
import type { RequestHeaders } from '../request/navigation.ts'
import type { SignInClient } from './session.ts'

/**
 * What is known of a client by its headers (RFC 9110 10.1.5, User-Agent Client Hints 3) and its address: enough for a
 * person to know a browser again, in words of the tables below alone. Headers are cut before anything looks at them, and
 * nothing of them is kept. Never throws; a client may say it is another one.
 */
export function clientWords(headers: RequestHeaders, address: Address | null): SignInClient {
  const agent = cut(headers['user-agent'])
  const system = named(systemHints, cut(headers['sec-ch-ua-platform'])) ?? systemOf(agent)
  return {
    browser: named(brandHints, cut(headers['sec-ch-ua'])) ?? browserOf(agent, system),
    system,
    network: address === null ? null : networkOf(address),
  }
}

type Words = readonly (readonly [sign: string, word: string])[]

/** The word of the first sign that stands in the text. */
function named(words: Words, text: string): string | null {
  return words.find(([sign]) => text.includes(sign))?.[1] ?? null
}

/** Client hints name brands in quotes. Chrome, and what is made from it, name `Chromium` as well, which says too little. */
const brandHints: Words = [
  ['"Microsoft Edge"', 'Edge'],
  ['"Opera"', 'Opera'],
  ['"Opera GX"', 'Opera'],
  ['"Samsung Internet"', 'Samsung Internet'],
  ['"Brave"', 'Brave'],
  ['"Vivaldi"', 'Vivaldi'],
  ['"YaBrowser"', 'Yandex Browser'],
  ['"DuckDuckGo"', 'DuckDuckGo'],
  ['"Google Chrome"', 'Chrome'],
]

const systemHints: Words = [
  ['"Windows"', 'Windows'],
  ['"macOS"', 'macOS'],
  ['"Android"', 'Android'],
  ['"iOS"', 'iOS'],
  ['"Chrome OS"', 'ChromeOS'],
  ['"Chromium OS"', 'ChromeOS'],
  ['"Linux"', 'Linux'],
]

/** Most browsers name those too that they are made from: whoever says less often what others are comes first. */
const products: Words = [
  [' Edg/', 'Edge'],
  [' EdgA/', 'Edge'],
  [' EdgiOS/', 'Edge'],

  [' OPR/', 'Opera'],
  [' OPT/', 'Opera'],
  [' OPX/', 'Opera'],
  [' SamsungBrowser/', 'Samsung Internet'],
  [' Vivaldi/', 'Vivaldi'],
  [' YaBrowser/', 'Yandex Browser'],
  [' DuckDuckGo/', 'DuckDuckGo'],
  [' Ddg/', 'DuckDuckGo'],
  [' Epiphany/', 'GNOME Web'],
  [' FxiOS/', 'Firefox'],
  [' Firefox/', 'Firefox'],
  [' CriOS/', 'Chrome'],
  [' HeadlessChrome/', 'Chrome'],
  [' Chrome/', 'Chrome'],
]

function browserOf(agent: string, system: string | null): string | null {
  const product = named(products, ` ${agent}`)
  if (product !== null) return product
  // Nearly everything says Safari, on systems for which there is none too.
  const isApple = system === 'macOS' || system === 'iOS' || system === 'iPadOS'
  return isApple && agent.includes(' Version/') && agent.includes(' Safari/') ? 'Safari' : null
}

/** Telephones name the systems that theirs is made from. An iPad that asks for pages as a desktop does says Macintosh. */
const systems: Words = [
  ['iPhone', 'iOS'],
  ['iPod', 'iOS'],
  ['iPad', 'iPadOS'],
  ['Android', 'Android'],
  ['CrOS', 'ChromeOS'],
  ['Windows', 'Windows'],
  ['Macintosh', 'macOS'],
  ['Linux', 'Linux'],
  ['FreeBSD', 'FreeBSD'],
  ['OpenBSD', 'OpenBSD'],
]

/** By the first comment of the header, where browsers name their system. */
function systemOf(agent: string): string | null {
  const begin = agent.indexOf('(')
  const end = agent.indexOf(')', begin)
  return begin === -1 || end === -1 ? null : named(systems, agent.slice(begin, end))
}

function cut(header: RequestHeaders[string]): string {
  return typeof header === 'string' ? header.slice(0, limits.clientHeaderCharacters) : ''
}

/** Wide enough that many share it, and narrow enough to tell home from abroad: a /24 of IPv4, a /48 of IPv6. */
function networkOf({ family, value }: Address): string {
  const [length, dropped] = family === 4 ? [24, 8n] : [48, 80n]
  return `${formatAddress({ family, value: (value >> dropped) << dropped })}/${length}`
}
