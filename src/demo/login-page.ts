import { html } from 'ghtml'
import { look } from './look.ts'
import type { Person } from './people.ts'

/** Of the provider's pages: its login page is no place to be framed either. */
export const providerPageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
} as const

/** Who shall it be? The form posts to its own address. */
export function loginPage(people: readonly Person[]): string {
  const buttons = people.map(
    (person) => html`<button class="person" name="account" value="${person.id}">
<b>${person.name}</b> ${person.about}</button>`,
  )
  return providerPage(
    'Who shall it be?',
    html`<p>This is where your identity provider would ask for a password. The demo's provider takes your word for it.</p>
<form method="post">!${buttons}</form>`,
  )
}

/** Real providers ask before they sign people out; this one goes on by itself. `form` is the library's markup. */
export function logoutPage(form: string): string {
  return providerPage(
    'Signing out',
    html`!${form}<p><button class="person" form="op.logoutForm" name="logout" value="yes"><b>Sign out here too</b></button></p>
<script>document.querySelector('button').click()</script>`,
  )
}

export function providerErrorPage(out: Readonly<Record<string, string>>): string {
  const lines = [out.error, out.error_description].filter((line) => line !== undefined)
  return providerPage('That did not work', html`!${lines.map((line) => html`<p>${line}</p>`)}`)
}

function providerPage(title: string, content: string): string {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title} · Demo provider</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>!${look}</style></head>
<body><main class="small"><p class="who">Demo identity provider</p><h1>${title}</h1>!${content}</main></body>
</html>
`
}
