// The pages as their HTML, in the built-in looks: what a test of words, markup and style asks for.
import type { Catalogue } from '../../src/core/pages/catalogue.ts'
import { builtInCatalogues, type PageSettings } from '../../src/core/pages/settings.ts'
import * as accounts from '../../src/http/pages/account-page.ts'
import * as documents from '../../src/http/pages/document.ts'
import * as framed from '../../src/http/pages/framed.ts'
import * as keys from '../../src/http/pages/keys-page.ts'
import { type Look, lookFor } from '../../src/http/pages/look.ts'
import * as madeKeys from '../../src/http/pages/made-key-page.ts'
import * as pages from '../../src/http/pages/pages.ts'
import * as sessions from '../../src/http/pages/sessions-page.ts'

export const builtInPages: PageSettings = {
  catalogues: builtInCatalogues,
  language: null,
  logo: null,
  accent: null,
}

/** English as built in, unless another language is named. */
export function lookIn(language = 'en', settings: PageSettings = builtInPages): Look {
  return lookFor(settings, language)
}

export const english: Catalogue = lookIn().words

/** The headers of pages in English. */
export const pageHeaders = () => lookIn().headers

/** Without `look` a page is in English. */
type Plain<Page> = Omit<Page, 'look'> & { readonly look?: Look }

function asHtml<Page extends { readonly look: Look }>(make: (page: Page) => documents.Page) {
  return (page: Plain<Page>): string => make({ look: lookIn(), ...page } as unknown as Page).html
}

export const chooserPage = asHtml(pages.chooserPage)
export const forbiddenPage = asHtml(pages.forbiddenPage)
export const errorPage = asHtml(pages.errorPage)
export const signInFailedPage = asHtml(pages.signInFailedPage)
export const confirmSignOutPage = asHtml(pages.confirmSignOutPage)
export const movingOnPage = asHtml(pages.movingOnPage)
export const signedOutPage = asHtml(pages.signedOutPage)
export const accountPage = asHtml(accounts.accountPage)
export const nobodyPage = asHtml(accounts.nobodyPage)
export const sessionsPage = asHtml(sessions.sessionsPage)
export const keysPage = asHtml(keys.keysPage)
export const madeKeyPage = asHtml(madeKeys.madeKeyPage)
export const signInForKeysPage = asHtml(madeKeys.signInForKeysPage)
export const framedPage = asHtml(framed.framedPage)
export const pageDocument = asHtml(documents.pageDocument)
