// `keep_fragment`: what follows the `#` of an address survives a sign-in, stays in the browser, and stays a fragment.
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { choose, heading, openAs, openStage, type Stage } from './stage.ts'

const stage = await openStage({
  apps: ({ url, upstream }) => `
  plain: { url: "${url}", upstream: "${upstream}", provider: [op, partner], require: { provider: op } }
  board: { url: "${url}/board", upstream: "${upstream}", provider: [op, partner], keep_fragment: true, require: { provider: op } }
  both: { url: "${url}/both", upstream: "${upstream}", provider: [op, partner], keep_fragment: true, require: signed_in, locations: [{ path: /both/admin, require: { groups: admins, provider: op } }] }`,
})
t.teardown(() => stage.close())
const { url } = stage

/** Waits until the browser is at the app’s page, and tells the whole address and whether anything stayed behind. */
async function arrivedAt(page: Page, path: string, of: Stage = stage): Promise<readonly unknown[]> {
  await page.waitForURL((at) => at.origin === new URL(of.url).origin && at.pathname === path, {
    waitUntil: 'commit',
  })
  await page.locator('#asked').waitFor()
  return [await page.evaluate('location.href'), await page.evaluate('sessionStorage.length')]
}

/** Everything that the browser sends, and what it opens. */
function sentBy(page: Page): { readonly sent: string[]; readonly dialogs: string[] } {
  const seen = { sent: [] as string[], dialogs: [] as string[] }
  page.on('request', (request) =>
    seen.sent.push(`${request.url().split('#', 1)}\n${request.postData() ?? ''}`),
  )
  page.on('dialog', (dialog) => {
    seen.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  return seen
}

async function keeps(t: Test, address: string, path: string, signIn: (page: Page) => Promise<void>) {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  await page.goto(address)
  await signIn(page)
  t.same(await arrivedAt(page, path), [address, 0])
  t.same(complaints, [])
  await page.context().close()
}

t.test('#6: what follows the # is there after the sign-in, and nothing of it was sent', async (t) => {
  const page = await stage.newPage()
  const complaints = complaintsOf(page)
  const { sent } = sentBy(page)
  const address = `${url}/board/x?q=1#/invoices/canary-7?tab=2`
  await openAs(page, 'alice', address)
  t.same(await arrivedAt(page, '/board/x'), [address, 0])
  t.equal(await page.textContent('#asked'), 'GET /board/x?q=1')
  t.notMatch(sent.join('\n'), 'canary', 'to nobody')
  t.notMatch(JSON.stringify(stage.gateway.log), 'canary', 'nor is it in a log')
  t.same(complaints, [])
  await page.context().close()
})

t.test('#6: so it is where one chooses a provider first', (t) =>
  keeps(t, `${url}/both/x?q=1#/invoices/7`, '/both/x', async (page) => {
    await page.getByRole('link', { name: 'Partners', exact: true }).click()
    await choose(page, 'olga')
  }),
)

t.test('#6: and where one goes back and chooses another provider', (t) =>
  keeps(t, `${url}/both/x#/invoices/7`, '/both/x', async (page) => {
    await page.getByRole('link', { name: 'Acme', exact: true }).click()
    await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'Partners', exact: true }).click()
    await choose(page, 'olga')
  }),
)

t.test('a link to the sign-in may bring one along, as a page of the app has it', async (t) => {
  const page = await stage.newPage()
  await openAs(page, 'alice', `${url}/.auth/login?provider=op&return_to=/board/x%3Fq%3D1#/invoices/7`)
  t.same(await arrivedAt(page, '/board/x'), [`${url}/board/x?q=1#/invoices/7`, 0])
  await page.context().close()
})

t.test('it is there with an address of 7 KB, whose app does not ask for it', (t) => {
  const long = `/deep?state=${'(a:b,c:!t)~'.repeat(640)}`
  return keeps(t, `${url}${long}#/invoices/7`, '/deep', (page) => choose(page, 'alice'))
})

t.test('it is lost where an app does not ask for it, as it was', async (t) => {
  const page = await stage.newPage()
  await openAs(page, 'alice', `${url}/x#/invoices/7`)
  t.same(await arrivedAt(page, '/x'), [`${url}/x`, 0])
  await page.context().close()
})

t.test('whoever may not see a page and takes another account has it afterwards', async (t) => {
  const page = await stage.newPage()
  const address = `${url}/both/admin#/invoices/7`
  await openAs(page, 'alice', `${url}/board`)
  await arrivedAt(page, '/board')
  await page.goto(address)
  await page.getByRole('link', { name: 'another account' }).click()
  await choose(page, 'adam')
  t.same(await arrivedAt(page, '/both/admin'), [address, 0])
  await page.context().close()
})

t.test('an attempt whose cookie is gone begins again by itself, with it', async (t) => {
  const page = await stage.newPage()
  const address = `${url}/board/x#/invoices/7`
  await page.goto(address)
  await page.getByRole('link', { name: 'alice', exact: true }).waitFor()
  await page.context().clearCookies({ name: /claimgate/ })
  await page.getByRole('link', { name: 'alice', exact: true }).click()
  t.same(await arrivedAt(page, '/board/x'), [address, 0])
  await page.context().close()
})

t.test('two tabs at once keep each its own, whichever signs in first', async (t) => {
  const first = await stage.newPage()
  const second = await first.context().newPage()
  const [one, two] = [`${url}/board/x#/invoices/1`, `${url}/board/x#/invoices/2`]
  await first.goto(one)
  await second.goto(two)
  await first.getByRole('link', { name: 'alice', exact: true }).waitFor()
  await choose(second, 'alice')
  t.same(await arrivedAt(second, '/board/x'), [two, 0])
  await choose(first, 'alice')
  t.same(await arrivedAt(first, '/board/x'), [one, 0])
  await first.context().close()
})

t.test('a callback that comes again leads to the page, once what was kept is used up', async (t) => {
  const page = await stage.newPage()
  const back: string[] = []
  page.on('request', (request) => {
    if (request.url().startsWith(`${url}/.auth/callback`)) back.push(request.url())
  })
  await openAs(page, 'alice', `${url}/board/x#/invoices/7`)
  await arrivedAt(page, '/board/x')
  await page.goto(back[0] ?? '')
  t.same(await arrivedAt(page, '/board/x'), [`${url}/board/x`, 0])
  await page.context().close()
})

t.test(
  'whatever somebody puts there, it becomes no script, no other origin, and no other page',
  async (t) => {
    for (const fragment of [
      '#"><script>alert(1)</script>',
      "#'-alert(1)-'",
      '#javascript:alert(1)',
      '#//evil.example/',
      '#@evil.example/',
      '#/../../.auth/logout',
      '#?kept=x&return_to=//evil.example',
      '##/x#y',
      '#%0d%0aSet-Cookie:%20a=b',
      '#\\evil',
      '#é☃',
    ]) {
      const page = await stage.newPage()
      const { sent, dialogs } = sentBy(page)
      await openAs(page, 'alice', `${url}/board/x${fragment}`)
      const [address, left] = await arrivedAt(page, '/board/x')
      t.equal(address, new URL(`${url}/board/x${fragment}`).href, fragment)
      t.same([left, dialogs], [0, []], fragment)
      t.notMatch(sent.join('\n'), /evil|logout|alert|Set-Cookie/, fragment)
      await page.context().close()
    }
  },
)

t.test('one that is longer than anybody writes is left out', async (t) => {
  const fits = `${url}/board/x#${'x'.repeat(8191)}`
  for (const [address, arrives] of [
    [fits, fits],
    [`${fits}x`, `${url}/board/x`],
  ] as const) {
    const page = await stage.newPage()
    await openAs(page, 'alice', address)
    t.same(await arrivedAt(page, '/board/x'), [arrives, 0])
    await page.context().close()
  }
})

t.test('what a script of the app put in its place is a page of this origin, or none', async (t) => {
  for (const [at, put, arrives] of [
    ['callback', '/board/y#/z', '/board/y#/z'],
    ['callback', '//evil.example/#x', '/#x'],
    ['callback', 'javascript:alert(1)//#x', '/#x'],
    ['callback', 'https://evil.example/', '/'],
    ['callback', '/.auth/logout#x', '/#x'],
    ['callback', '#//evil.example', '/#//evil.example'],
    ['callback', '', '/'],
    ['login', '.evil.example/', '/'],
    ['login', 'evil#x', '/'],
    ['login', '#/evil', '/#/evil'],
  ] as const) {
    const page = await stage.newPage()
    const { sent, dialogs } = sentBy(page)
    // On the callback's page what it takes up is another page; then what that page's fragment is.
    const changed = at === 'callback' ? put : `//#x`
    await page.addInitScript(`{
      const put = location.pathname.startsWith('/.auth/callback') ? ${JSON.stringify(changed)}
        : location.pathname === '/.auth/login' && ${at === 'login'} ? ${JSON.stringify(put)} : undefined
      if (put !== undefined) for (const name of Object.keys(sessionStorage)) sessionStorage.setItem(name, put)
    }`)
    await openAs(page, 'alice', `${url}/board/x#here`)
    t.same(await arrivedAt(page, new URL(arrives, url).pathname), [url + arrives, 0], put)
    t.notMatch(sent.map((one) => one.split('\n', 1)[0]).join('\n'), /evil|logout/, put)
    t.same(dialogs, [], put)
    await page.context().close()
  }
})

t.test('without scripts one lands on the page, without it', async (t) => {
  const page = await stage.newPage({ javaScriptEnabled: false })
  await openAs(page, 'alice', `${url}/board/x?q=1#/invoices/7`)
  await page.waitForURL(`${url}/board/x?q=1`)
  t.equal(await heading(page), 'Hello, alice')
  await page.context().close()

  const chooser = await stage.newPage({ javaScriptEnabled: false })
  await chooser.goto(`${url}/both/x?q=1#/invoices/7`)
  await chooser.getByRole('link', { name: 'Partners', exact: true }).click()
  await choose(chooser, 'olga')
  await chooser.waitForURL(`${url}/both/x?q=1`)
  t.equal(await heading(chooser), 'Hello, partner-olga')
  await chooser.context().close()
})

t.test('whoever keeps no storage lands on the page, without it', async (t) => {
  const page = await stage.newPage()
  await page.addInitScript(
    "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no') } })",
  )
  await openAs(page, 'alice', `${url}/board/x?q=1#/invoices/7`)
  await page.waitForURL(`${url}/board/x?q=1`)
  t.equal(await heading(page), 'Hello, alice')
  await page.context().close()
})

t.test('#6: and under same_site: strict, by whatever link and answer one comes', async (t) => {
  const strict = await openStage({
    hosts: ['wiki.example.test', 'notes.example.test'],
    top: 'session: { same_site: strict }',
    apps: ({ url: own, port, upstream }) => `
  wiki: { url: "${own}", upstream: "${upstream}", provider: op, keep_fragment: true, require: signed_in }
  notes: { url: "https://notes.example.test:${port}", upstream: "${upstream}", provider: posting, keep_fragment: true, require: signed_in }`,
  })
  t.teardown(() => strict.close())
  for (const [mode, of] of [
    ['query', strict.url],
    ['form_post', `https://notes.example.test:${strict.port}`],
  ] as const) {
    const page = await strict.newPage()
    const complaints = complaintsOf(page)
    const origin = { ...strict, url: of }
    const follow = async (fragment: string) => {
      await page.goto(`${url}/.auth/health`)
      await page.evaluate(`(() => {
        const link = document.createElement('a')
        link.href = ${JSON.stringify(`${of}/x?q=1${fragment}`)}
        document.body.append(link)
        link.click()
      })()`)
    }
    await follow('#/invoices/1')
    await choose(page, 'alice')
    t.same(await arrivedAt(page, '/x', origin), [`${of}/x?q=1#/invoices/1`, 0], `${mode}: signing in`)
    await follow('#/invoices/2')
    t.same(await arrivedAt(page, '/x', origin), [`${of}/x?q=1#/invoices/2`, 0], `${mode}: signed in`)
    await follow('')
    t.same(await arrivedAt(page, '/x', origin), [`${of}/x?q=1`, 0], `${mode}: without one`)
    t.same(complaints, [], mode)
    await page.context().close()
  }
})
