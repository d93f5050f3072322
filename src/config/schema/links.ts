import { flag } from './values.ts'

/** Keys of an app that are about the addresses under which people come to it. */
export const linkKeys = {
  keep_fragment: flag
    .prefault(false)
    .describe(
      'Whether a sign-in keeps what follows the `#` of the address (`/#/invoices/7`). Browsers never send that part. With `true`, a page of the gateway with one script puts the address into the storage of the tab, and goes on to the provider from there. So whoever has to sign in gets that page (200) in place of a redirect. Without scripts people come to their page without the part behind the `#`. Use it for apps that keep their pages there.',
    ),
}
