// The page of one's own keys in a real browser: made, shown once, copied, rotated, revoked; by keyboard alone, on a small
// dark telephone, without scripts; and what other sites and an app's scripts get of it.
import type { BrowserContextOptions, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { complaintsOf } from '../support/chromium.ts'
import { choose, goBack, heading, openAs, openStage } from './stage.ts'

const stage = await openStage({
  keepsPages: true,
  apps: ({ url, upstream }) => `
  portal:
    url: ${url}
    upstream: ${upstream}
    title: The portal
    provider: op
    credentials: [session, api_key]
    require: signed_in
    locations:
      - path: /grouped
        require: signed_in
        response_headers: { set: { Cross-Origin-Opener-Policy: same-origin } }
api_keys:
  store: sqlite
  self_service: { at: "${url}", require: signed_in, max_keys: 20, lifetime: 365d, origins: true }
`,
})
const { url } = stage
const keys = `${url}/.auth/keys`
t.teardown(() => stage.close())

/** A browser in which alice is signed in, and before her keys. */
async function atKeys(t: Test, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await stage.newPage(options)
  t.teardown(() => page.context().close())
  await openAs(page, 'alice', `${url}/start`)
  await page.goto(keys)
  return page
}

/** Fills in the form that makes a key, and signs in once more: the provider told no time at the first sign-in. */
async function makeKey(page: Page, name: string): Promise<void> {
  await page.locator('#name').fill(name)
  await page.locator('#expires').selectOption('30d')
  await page.locator('button[value=make]').click()
  await page.locator('a.button').click()
  await choose(page, 'alice')
  await page.locator('button[value=make]').click()
  await page.locator('#whole').waitFor()
}

const status = async (whole: string): Promise<number> =>
  (await fetch(`${url}/x`, { headers: { 'x-api-key': whole }, redirect: 'manual' })).status

const change = (page: Page, name: string) =>
  page.locator('li', { has: page.getByRole('heading', { name, exact: true }) })

t.test('a key is made after a new sign-in, shown once, copied, rotated and revoked', async (t) => {
  const page = await atKeys(t, { permissions: ['clipboard-read', 'clipboard-write'] })
  const complaints = complaintsOf(page)
  await page.goto(`${url}/.auth/`)
  await page.getByRole('link', { name: 'Your API keys' }).click()
  await page.getByLabel('Name').fill('Backup <b>')
  await page.getByLabel('How long it is valid').selectOption('30d')
  await page.getByLabel('Web pages that may use it').fill('https://shop.example\nhttps://www.shop.example')
  await page.getByRole('button', { name: 'Make key' }).click()
  t.equal(await heading(page), 'Please sign in once more')
  await page.getByRole('link', { name: 'Sign in again' }).click()
  await choose(page, 'alice')
  t.equal(await page.getByLabel('Name').inputValue(), 'Backup <b>', 'what was filled in is still there')
  t.equal(await page.getByLabel('How long it is valid').inputValue(), '30d')
  t.equal(
    await page.getByLabel('Web pages that may use it').inputValue(),
    'https://shop.example\nhttps://www.shop.example',
  )
  await page.getByRole('button', { name: 'Make key' }).click()
  t.equal(await heading(page), 'Here is your key')
  const whole = await page.locator('#whole').innerText()
  t.match(whole, /^cg_\w{16}_\w{43}_\w{6}$/)
  t.match(await page.locator('#curl').innerText(), whole)
  await page.getByRole('button', { name: 'Copy' }).first().click()
  await page.getByRole('status').getByText('Copied').waitFor()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), whole)
  t.equal(await status(whole), 200)
  t.notMatch(page.url(), whole.slice(20, 60))
  const cookies = JSON.stringify(await page.context().cookies())
  t.notMatch(cookies, whole.slice(20, 60))

  await page.getByRole('link', { name: 'Done' }).click()
  await page.getByRole('heading', { name: 'Backup <b>' }).waitFor()
  t.notMatch(await page.content(), whole.slice(20, 60))
  await goBack(page)
  t.notMatch(await page.content(), whole.slice(20, 60), 'nor does the back button bring it')

  await page.goto(keys)
  const item = change(page, 'Backup <b>')
  t.match(await item.innerText(), /shop\.example/)
  await item.locator('summary').click()
  await item.getByLabel('How long the former secret stays valid').selectOption('0s')
  await item.getByRole('button', { name: 'New secret' }).click()
  t.equal(await heading(page), 'Here is the new secret')
  const rotated = await page.locator('#whole').innerText()
  t.not(rotated, whole)
  t.equal(await status(rotated), 200)
  await page.goto(keys)
  await item.locator('summary').click()
  await item.locator('input[name=name]').fill('Nightly backup')
  await item.getByRole('button', { name: 'Rename' }).click()
  const renamed = change(page, 'Nightly backup')
  await renamed.locator('summary').click()
  await renamed.getByRole('button', { name: 'Revoke for good' }).click()
  await page.getByText('You have no keys yet.').waitFor()
  t.same(complaints, [])
})

t.test('whoever reloads the page with the secret makes no second key, and sees no secret', async (t) => {
  const page = await atKeys(t)
  await makeKey(page, 'reloaded')
  const whole = await page.locator('#whole').innerText()
  await page.reload()
  await page.getByText('made already').waitFor()
  await page.waitForLoadState()
  t.notMatch(await page.content(), whole.slice(20, 60))
  t.equal(await change(page, 'reloaded').count(), 1)
})

t.test('two presses of the button send one form', async (t) => {
  const page = await atKeys(t)
  await page.locator('#name').fill('pressed twice')
  await page.locator('button[value=make]').click()
  await page.locator('a.button').click()
  await choose(page, 'alice')
  await page.locator('button[value=make]').dblclick()
  await page.locator('#whole').waitFor()
  t.equal(await heading(page), 'Here is your key')
})

t.test('without scripts, on a small dark telephone, in German', async (t) => {
  const page = await atKeys(t, {
    ...{ javaScriptEnabled: false, colorScheme: 'dark', locale: 'de-DE' },
    viewport: { width: 320, height: 640 },
  })
  const width = () => page.evaluate('document.documentElement.scrollWidth')
  t.equal(await heading(page), 'Ihre API-Schlüssel')
  t.equal(await width(), 320)
  await makeKey(page, 'Telefon')
  t.equal(await heading(page), 'Hier ist Ihr Schlüssel')
  t.equal(await width(), 320)
  t.equal(await page.getByRole('button').count(), 0, 'nothing that would need a script')
  const whole = await page.locator('#whole').innerText()
  t.equal(await status(whole), 200)
  await page.getByRole('link', { name: 'Fertig' }).click()
  await change(page, 'Telefon').waitFor()
  await goBack(page)
  t.notMatch(await page.content(), whole.slice(20, 60), 'the back button brings no secret here either')
  await page.goto(keys)
  await change(page, 'Telefon').locator('summary').click()
  t.equal(await width(), 320)
  await change(page, 'Telefon').getByRole('button', { name: 'Endgültig widerrufen' }).click()
  await page.getByText('Schlüssel, die nicht mehr gelten').waitFor()
})

t.test('by keyboard alone', async (t) => {
  const page = await atKeys(t)
  const tabTo = async (wanted: string) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      const found = await page.evaluate(
        `document.activeElement.matches(${JSON.stringify(wanted)}) && getComputedStyle(document.activeElement).outlineStyle`,
      )
      if (found !== false) return t.equal(found, 'solid', `${wanted} shows where one is`)
    }
    return t.fail(`no way to ${wanted}`)
  }
  await tabTo('#name')
  await page.keyboard.type('typed')
  await tabTo('button[value=make]')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Please sign in once more' }).waitFor()
  await tabTo('a.button')
  await page.keyboard.press('Enter')
  await choose(page, 'alice')
  await tabTo('button[value=make]')
  await page.keyboard.press('Enter')
  await page.locator('#whole').waitFor()
  await tabTo('#whole')
  await tabTo('a.button')
  await page.keyboard.press('Enter')
  await change(page, 'typed').waitFor()
  await tabTo('summary')
  await page.keyboard.press('Enter')
  await tabTo('button[value=revoke]')
  await page.keyboard.press('Enter')
  await change(page, 'typed').waitFor({ state: 'detached' })
})

t.test('a page of another site posts in vain, and frames nothing', async (t) => {
  const page = await atKeys(t)
  await makeKey(page, 'victim')
  await page.goto(keys)
  const form = await page.locator('input[name=form]').first().getAttribute('value')
  const elsewhere = await page.context().newPage()
  await elsewhere.goto(
    `${stage.op.issuer.replace('localhost', '127.0.0.1')}/.well-known/openid-configuration`,
  )
  await elsewhere.setContent(
    `<form method="post" action="${keys}"><input name="do" value="make"><input name="name" value="evil"><input name="expires" value="30d"><input name="form" value="${form}"><button>Go</button></form><iframe src="${keys}"></iframe>`,
  )
  const [answer] = await Promise.all([
    elsewhere.waitForResponse((one) => one.url() === keys && one.request().method() === 'POST'),
    elsewhere.getByRole('button').click(),
  ])
  t.equal(answer.status(), 403)
  await page.goto(keys)
  t.equal(await change(page, 'evil').count(), 0)
})

t.test('a script of an app of the origin can read neither the page nor a key', async (t) => {
  const page = await atKeys(t)
  await makeKey(page, 'mine')
  await page.goto(`${url}/start`)
  const tries = await page.evaluate(`(async () => {
    const read = async (init) => {
      try {
        const answer = await fetch('/.auth/keys', init)
        return answer.status + (/name="form"/.test(await answer.text()) ? ' with a form' : '')
      } catch (thrown) { return 'failed' }
    }
    const body = new URLSearchParams({ do: 'make', name: 'evil', expires: '30d', form: 'x' })
    const frame = document.createElement('iframe')
    frame.src = '/.auth/keys'
    const framed = new Promise((resolve) => { frame.onload = () => {
      try { resolve(frame.contentDocument?.querySelector('[name=form]') ? 'a form' : 'nothing') } catch { resolve('nothing') }
    } })
    document.body.append(frame)
    return [await read({}), await read({ method: 'POST', body }), await read({ method: 'POST', body, mode: 'no-cors' }), await framed]
  })()`)
  t.same(tries, ['403', '403', '403', 'nothing'])
  for (const opener of ['/start', '/grouped']) {
    await page.goto(url + opener)
    const [opened] = await Promise.all([
      page.context().waitForEvent('page'),
      page.evaluate(`void (window.opened = open('/.auth/keys'))`),
    ])
    await opened.getByRole('heading', { name: 'Your API keys' }).waitFor()
    const seen = page.evaluate(`opened.document.querySelector('[name=form]') === null`)
    t.ok(
      await seen.catch(() => true),
      `${opener}: a window that it opened is none of its own any more (Cross-Origin-Opener-Policy)`,
    )
    await opened.close()
  }
  await page.evaluate(`(() => {
    const form = document.createElement('form')
    form.method = 'post'
    form.action = '/.auth/keys'
    for (const [name, value] of Object.entries({ do: 'make', name: 'evil', expires: '30d', form: 'x' })) {
      const input = document.createElement('input')
      input.name = name
      input.value = value
      form.append(input)
    }
    document.body.append(form)
    form.submit()
  })()`)
  await page.getByText('is out of date').waitFor()
  await page.goto(keys)
  t.equal(await change(page, 'evil').count(), 0, 'a form that was not on the page makes nothing')
})
