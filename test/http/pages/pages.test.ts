import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { keyOfPage, type StorageKey } from '../../../src/core/session/storage-key.ts'
import { pageAnswer } from '../../../src/http/pages/answer.ts'
import { formGonePage, resumePage } from '../../../src/http/pages/resume-page.ts'
import { copyShown, keepForLink, lookUp, withScript } from '../../../src/http/pages/scripts.ts'
import {
  arriveWithFragment,
  askAgainWithFragment,
  keepInStorage,
  takeFromStorage,
} from '../../../src/http/pages/storage.ts'
import { stylesheet } from '../../../src/http/pages/stylesheet.ts'
import {
  accountPage,
  chooserPage,
  confirmSignOutPage,
  errorPage,
  forbiddenPage,
  framedPage,
  keysPage,
  lookIn,
  madeKeyPage,
  movingOnPage,
  nobodyPage,
  pageHeaders,
  sessionsPage,
  signedOutPage,
  signInFailedPage,
  signInForKeysPage,
} from '../../support/pages.ts'
import { orThrown } from '../../support/thrown.ts'

/** Every page, with one text in every place that can hold text. */
function everyPage(text: string): ReadonlyMap<string, string> {
  const frame = { appTitle: text, requestId: text }
  const account = { name: text, providerLabel: text }
  const choices = [
    { label: text, icon: null, href: text },
    { label: text, icon: `data:image/png;base64,${text}`, href: text },
    { label: text, icon: text, href: text },
  ]
  return new Map([
    ['chooser', chooserPage({ ...frame, choices })],
    ['forbidden', forbiddenPage({ ...frame, account, contact: text, switchAccountHref: text })],
    ['forbidden to all', forbiddenPage({ ...frame, account: null, contact: text, switchAccountHref: text })],
    [
      'error',
      errorPage({ ...frame, status: 502, sentence: text, contact: text, next: { label: text, href: text } }),
    ],
    [
      'sign-in failed',
      signInFailedPage({
        ...frame,
        sentence: text,
        explanation: text,
        contact: text,
        next: { label: text, href: text },
      }),
    ],
    [
      'confirm sign-out',
      confirmSignOutPage({
        ...frame,
        account,
        action: text,
        fields: { [text]: text },
        cancelHref: text,
        sessionsHref: text,
      }),
    ],
    [
      'account',
      accountPage({
        ...frame,
        ...{ account, user: text, now: 9, signedInAt: 1, expiresAt: 99, idleExpiresAt: 50 },
        ...{ apps: [{ title: text, href: text }], signOutAction: text, switchAccountHref: text },
        sessionsHref: text,
        keysHref: text,
      }),
    ],
    ['sessions', sessionsPage({ ...frame, ...sessionsShown(text) })],
    ['keys', keysPage({ ...frame, ...keysShown(text) })],
    ['keys that cannot be made', keysPage({ ...frame, ...keysShown(text), may: null })],
    ['sign-in for keys', signInForKeysPage({ ...frame, signInHref: text })],
    ['sessions nowhere else', sessionsPage({ ...frame, ...sessionsShown(text), others: [] })],
    ['nobody', nobodyPage({ ...frame, signInHref: text })],
    ['framed', framedPage({ ...frame, signInHref: text })],
    ['moving on', movingOnPage({ ...frame, why: 'signed-in', to: text as ReturnTo })],
    ['signed out', signedOutPage({ ...frame, signInHref: text, everywhere: true })],
    ['signed out here', signedOutPage({ ...frame, signInHref: text, everywhere: false })],
  ])
}

/** One's own session and two others, with one text in every place. */
function sessionsShown(text: string) {
  const client = { browser: text, system: text, network: text }
  const times = { signedInAt: 1, lastSeenAt: 5 }
  return {
    ...{ account: { name: text, providerLabel: text }, now: 9, own: { client, ...times } },
    others: [
      { client, ...times, endValue: text },
      { client: { ...client, browser: null }, ...times, endValue: text },
      { client: null, ...times, endValue: text },
    ],
    ...{ action: text, endOthersValue: text, signOutHref: text },
  }
}

/** Keys of one person, with one text in every place. */
function keysShown(text: string) {
  const times = { createdAt: 1, expiresAt: 99, endedAt: null, sleepsAt: 50, formerSecretUntil: 20 }
  const key = { id: text, name: text, ...times, uses: 3, origins: [text], current: text }
  const lastUse = { at: 5, network: text }
  const choice = { value: text, label: text }
  return {
    ...{ account: { name: text, providerLabel: text }, contact: text, now: 9, action: text, form: text },
    keys: [
      { ...key, state: 'active' as const, lastUse },
      { ...key, state: 'asleep' as const, lastUse: null },
    ],
    ended: [{ ...key, state: 'revoked' as const, lastUse, endedAt: 4 }],
    may: {
      make: { name: text, ends: [choice], chosen: text, origins: text },
      ...{ whyNot: null, overlaps: [choice], rotating: { id: text, overlap: text } },
    },
    notice: 'keys.gone' as const,
  }
}

/** Pages with a script. */
function scriptedPages(text: string): ReadonlyMap<string, string> {
  const key = text as StorageKey
  const frame = { appTitle: text, requestId: text, look: lookIn() }
  const stored = { ...frame, key }
  const who = { name: text, providerLabel: text }
  return new Map([
    [
      'kept',
      keepInStorage({
        ...stored,
        page: text as ReturnTo,
        from: null,
        takesFragment: true,
        to: new URL('https://op.example/'),
      }).body,
    ],
    [
      'kept again',
      keepInStorage({
        ...stored,
        page: text as ReturnTo,
        from: key,
        takesFragment: true,
        to: new URL('https://op.example/'),
      }).body,
    ],
    [
      'kept for a link',
      chooserPage({
        ...frame,
        script: keepForLink({ key, page: text as ReturnTo, takesFragment: true }),
        choices: [],
      }),
    ],
    [
      'made key',
      madeKeyPage({
        ...{ ...frame, title: 'keys.made-title', script: copyShown(text), keysHref: text },
        ...{ name: text, id: text, secret: text, whole: text, curl: text },
      }),
    ],
    ['looked up', chooserPage({ ...frame, script: lookUp(key, text), choices: [] })],
    ...[null, { before: text, now: who }, { before: null, now: who }].map(
      (others, at) =>
        [
          `form ${at}`,
          resumePage({ ...frame, to: text, form: text, others, otherAccountHref: text }).body,
        ] as const,
    ),
    ['form gone', formGonePage({ ...frame, continueHref: text }).body],
    ['taken', takeFromStorage({ ...stored, action: text, start: text as ReturnTo }).body],
    ['arrived', arriveWithFragment({ ...frame, to: text as ReturnTo }).body],
    ['asked again', askAgainWithFragment({ ...frame, action: text, to: text as ReturnTo }).body],
  ])
}

t.test('S-199 nothing that a page is given reaches it unescaped', async (t) => {
  const canaries = [
    `"><svg/onload=alert(1)>`,
    `'><script>x</script>`,
    `</style></title><b>`,
    '&amp;<!--',
    '&#34; onload&#61;x',
  ]
  const plain = new Map([...everyPage('plain'), ...scriptedPages('plain')])
  for (const canary of canaries) {
    for (const [name, page] of [...everyPage(canary), ...scriptedPages(canary)]) {
      if (/["'<>&]/.test(canary)) t.notMatch(page, canary, `${name}: ${canary}`)
      t.equal(count(page, /</g), count(plain.get(name) ?? '', /</g), `${name}: no further tag by ${canary}`)
      t.equal(count(page, /"/g), count(plain.get(name) ?? '', /"/g), `${name}: no further quote by ${canary}`)
    }
  }
})

t.test('S-199 what goes in unescaped is markup that another template made, named here', async (t) => {
  const folder = new URL('../../../src/http/pages/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  const raw = files.flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/!\$\{\s*([\w.]+)/g)].map((found) => found[1]),
  )
  t.same([...new Set(raw)].toSorted(), [
    'about',
    'accent',
    'accentStyle',
    'account',
    'accountLine',
    'actions',
    'apps',
    'arriveScript',
    'ask',
    'askAgainScript',
    'below',
    'by',
    'choices',
    'clientName',
    'continueLine',
    'copyScript',
    'curl',
    'direction',
    'endedAt',
    'endedKeys',
    'explanation',
    'facts',
    'fields',
    'filled',
    'forms',
    'from',
    'gates',
    'help',
    'helpLine',
    'hidden',
    'inner',
    'items',
    'keepScript',
    'keys',
    'keysLink',
    'linkScript',
    'links',
    'list',
    'lookScript',
    'making',
    'mark',
    'mention',
    'notYet',
    'notice',
    'oneKeyForm',
    'options',
    'origins',
    'others',
    'own',
    'ownKeyForms',
    'page.content',
    'page.script',
    'person',
    'place',
    'providerIcon',
    'reason',
    'reference',
    'refresh',
    'returnForm',
    'rotating',
    'say',
    'second',
    'sendOnceScript',
    'sendScript',
    'sessionsLink',
    'shown',
    'sleeps',
    'still',
    'stylesheet',
    'takeScript',
    'takes',
    'text',
    'time',
    'times',
    'unsaved',
    'value',
    'waitingForm',
    'way',
  ])
})

t.test('S-200 the headers of a page: nothing is loaded, run, framed, cached or told', async (t) => {
  const page = signedOutPage({ appTitle: null, requestId: null, signInHref: null, everywhere: true })
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  t.same(pageHeaders(), {
    'content-type': 'text/html; charset=utf-8',
    'content-language': 'en',
    vary: 'Accept-Language',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
  for (const [name, html] of everyPage('plain')) {
    t.notMatch(
      html,
      /<script|\son\w+=|javascript:|<iframe|style="|@import|url\(/i,
      `${name} runs and loads nothing`,
    )
    t.notMatch(html, /(?:src|href)="(?:https?:)?\/\//, `${name} refers to nobody else`)
  }
})

t.test(
  'S-200 a page with a script runs that one alone: its policy names the hash of what stands there',
  async (t) => {
    const key = keyOfPage('/long' as ReturnTo)
    const to = new URL('https://op.example/')
    const page = '/long' as ReturnTo
    const kept = keepForLink({ key, page, takesFragment: false })
    const frame = { appTitle: null, requestId: null, look: lookIn() }
    t.match(
      orThrown(() => keepInStorage({ ...frame, key, page, from: null, takesFragment: false, to })),
      { status: 200 },
    )
    const answers = [
      keepInStorage({ ...frame, key, page, from: null, takesFragment: false, to }),
      takeFromStorage({ ...frame, key, action: '/.auth/login', start: page }),
      arriveWithFragment({ ...frame, to: page }),
      askAgainWithFragment({ ...frame, action: '/.auth/login', to: page }),
      withScript(
        pageAnswer(403, {
          html: chooserPage({ ...frame, script: kept, choices: [] }),
          headers: pageHeaders(),
        }),
        kept,
      ),
    ]
    for (const { body, headers } of answers) {
      const scripts = [...body.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text)
      t.equal(scripts.length, 1)
      const hash = createHash('sha256')
        .update(scripts[0] ?? '')
        .digest('base64')
      t.equal(
        headers['content-security-policy'],
        `script-src 'sha256-${hash}'; ${pageHeaders()['content-security-policy']}`,
      )
    }
    t.equal(keepForLink(null), null)
    const plain = pageAnswer(403, { html: 'page', headers: pageHeaders() })
    t.equal(withScript(plain, null), plain)
    t.throws(
      () =>
        keepInStorage({
          ...frame,
          key,
          page,
          from: null,
          takesFragment: false,
          to: new URL('javascript:alert(1)'),
        }),
      /not a web address/,
    )
  },
)

t.test('every page is a whole, accessible document', async (t) => {
  for (const [name, page] of everyPage('plain')) {
    t.match(page, /^<!doctype html>\n<html lang="en">/, `${name}: language`)
    t.match(page, '<meta name="viewport" content="width=device-width, initial-scale=1">', `${name}: viewport`)
    t.match(page, /<title>[^<]+ · plain<\/title>/, `${name}: title`)
    t.equal(count(page, /<main>/g), 1, `${name}: one main landmark`)
    t.equal(count(page, /<h1>/g), 1, `${name}: one heading`)
    t.equal(
      count(page, /<svg/g),
      count(page, /<svg[^>]*aria-hidden="true"/g),
      `${name}: pictures are decoration`,
    )
    t.equal(count(page, /<img/g), count(page, /<img[^>]*alt=""/g), `${name}: icons are decoration`)
  }
})

t.test('text stands out from its ground by WCAG AA, in light and in dark', async (t) => {
  const blocks = [...stylesheet.matchAll(/:root \{([^}]*)\}/g)].map((found) => found[1] ?? '')
  t.equal(blocks.length, 2, 'two schemes')
  const pairs: readonly (readonly [string, string, number])[] = [
    ['ink', 'paper', 4.5],
    ['ink', 'card', 4.5],
    ['quiet', 'card', 4.5],
    ['accent', 'card', 4.5],
    ['accent', 'accent-soft', 4.5],
    ['ink', 'accent-soft', 4.5],
    ['accent-ink', 'accent', 4.5],
    ['focus', 'card', 3],
    ['focus', 'paper', 3],
  ]
  for (const [scheme, block] of blocks.entries()) {
    for (const [text, ground, least] of pairs) {
      t.ok(contrast(colour(block, text), colour(block, ground)) >= least, `${scheme}: ${text} on ${ground}`)
    }
  }
})

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function colour(block: string, name: string): readonly number[] {
  const hex = new RegExp(`--${name}: #([0-9a-f]{6})`).exec(block)?.[1] ?? ''
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
}

/** WCAG 2.2: relative luminance and contrast ratio. */
function contrast(one: readonly number[], other: readonly number[]): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(rgb: readonly number[]): number {
  const [r = Number.NaN, g = Number.NaN, b = Number.NaN] = rgb.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
