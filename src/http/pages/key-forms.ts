import { html } from 'ghtml'
import { limits } from '../../core/limits/table.ts'
import type { Look } from './look.ts'

/** One of a list to choose from. */
export interface Choice {
  /** As a duration is written: `30d`. */
  readonly value: string
  readonly label: string
}

/** The form that makes a key, as it is filled in. */
export interface NewKeyForm {
  readonly name: string
  readonly ends: readonly Choice[]
  /** One of `ends`. */
  readonly chosen: string
  /** One a line; null: no origins are asked for. */
  readonly origins: string | null
}

interface OnPage {
  readonly look: Look
  readonly action: string
  readonly form: string
}

/** Makes a key. */
export function newKeyForm({ look: { words }, action, form }: OnPage, filled: NewKeyForm): string {
  const origins =
    filled.origins === null
      ? ''
      : html`<p class="field"><label for="origins">${words['keys.origins']}</label><small id="origins-hint">${words['keys.origins-hint']}</small>
<textarea id="origins" name="origins" rows="2" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="origins-hint">${filled.origins}</textarea></p>
`
  return html`<h2 id="new">${words['keys.new']}</h2>
<form method="post" action="${action}" aria-labelledby="new">
!${hidden({ form })}<p class="field"><label for="name">${words['keys.name']}</label><small id="name-hint">${words['keys.name-hint']}</small>
<input id="name" name="name" value="${filled.name}" required maxlength="${limits.keyNameCharacters}" autocomplete="off" dir="auto" aria-describedby="name-hint"></p>
<p class="field"><label for="expires">${words['keys.ends-in']}</label>
<select id="expires" name="expires">!${options(filled.ends, filled.chosen)}</select></p>
!${origins}<p class="quiet">${words['keys.sign-in-first']}</p>
<p class="actions"><button class="button" type="submit" name="do" value="make">${words['keys.make']}</button></p>
</form>`
}

interface OneKey {
  readonly id: string
  readonly name: string
  readonly current: string
}

interface WithKeys extends OnPage {
  readonly may: {
    readonly overlaps: readonly Choice[]
    readonly rotating: { readonly id: string; readonly overlap: string } | null
  } | null
}

/** Renames, rotates and revokes one key; who may have none revokes alone. Folded, so that none is hit by chance. */
export function ownKeyForms(page: WithKeys, key: OneKey, index: number): string {
  const { look, may } = page
  const { words } = look
  const rotating = may?.rotating?.id === key.id ? may.rotating : null
  const forms = may === null ? '' : renameForm(page, key, index) + rotateForm(page, key, index)
  return html`<details!${rotating === null ? '' : ' open'}><summary id="change-${index}" aria-labelledby="change-${index} key-${index}">${words['keys.change']}</summary>
!${forms}!${oneKeyForm(page, key, button({ what: 'revoke', label: words['keys.revoke'], index }))}</details>`
}

function renameForm(page: WithKeys, key: OneKey, index: number): string {
  const { words } = page.look
  const field = html`<p class="field"><label for="name-${index}">${words['keys.name']}</label>
<input id="name-${index}" name="name" value="${key.name}" required maxlength="${limits.keyNameCharacters}" autocomplete="off" dir="auto"></p>
`
  return oneKeyForm(page, key, field + button({ what: 'rename', label: words['keys.rename'], index }))
}

/** Nothing is chosen for whoever rotates: each choice would be wrong for half of them. */
function rotateForm(page: WithKeys, key: OneKey, index: number): string {
  const { words } = page.look
  const { overlaps = [], rotating = null } = page.may ?? {}
  const chosen = rotating?.id === key.id ? rotating.overlap : ''
  const field = html`<p class="field"><label for="overlap-${index}">${words['keys.overlap']}</label>
<select id="overlap-${index}" name="overlap" required><option value="">${words['keys.choose']}</option>!${options(overlaps, chosen)}</select></p>
`
  return oneKeyForm(page, key, field + button({ what: 'rotate', label: words['keys.rotate'], index }))
}

function oneKeyForm({ action, form }: OnPage, { id, current }: OneKey, fields: string): string {
  return html`<form method="post" action="${action}">
!${hidden({ form, key: id, current })}!${fields}</form>
`
}

function button({
  what,
  label,
  index,
}: {
  readonly what: 'rename' | 'rotate' | 'revoke'
  readonly label: string
  readonly index: number
}): string {
  return html`<p class="actions"><button class="button second" type="submit" name="do" value="${what}" id="${what}-${index}" aria-labelledby="${what}-${index} key-${index}">${label}</button></p>
`
}

function hidden(values: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(values).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return inputs.join('')
}

function options(choices: readonly Choice[], chosen: string): readonly string[] {
  return choices.map(
    ({ value, label }) =>
      html`<option value="${value}"!${value === chosen ? ' selected' : ''}>${label}</option>`,
  )
}
