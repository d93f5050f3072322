import type { Catalogue } from './catalogue.ts'
import { germanFaults } from './german-faults.ts'

const cookies = 'Ihr Browser muss Cookies dieser Website speichern dürfen.'
const operators =
  'Ein neuer Versuch würde daran nichts ändern. Wer diese Website betreibt, muss es sich ansehen.'
const moment = 'Bitte versuchen Sie es gleich noch einmal.'

/** What pages say, in German. */
export const german = {
  'frame.gateway': 'Zugang',
  'frame.request-id': 'Vorgangsnummer',

  'link.sign-in': 'Anmelden',
  'link.sign-in-again': 'Erneut anmelden',
  'link.sign-out': 'Abmelden',
  'link.sign-out-at-provider': 'Beim Anmeldedienst abmelden',
  'link.stay': 'Angemeldet bleiben',
  'link.other-account': 'Anderes Konto verwenden',
  'link.start-again': 'Neu beginnen',
  'link.try-again': 'Noch einmal versuchen',
  'link.continue': 'Weiter',
  'link.send': 'Jetzt absenden',
  'link.send-again': 'Noch einmal absenden',
  'link.send-as': 'In meinem Namen absenden',

  'account.signed-in-as': 'Sie sind als {name} angemeldet',
  'account.with': 'über {provider}',

  'account.title': 'Ihre Anmeldung',
  'account.user': 'Anwendungen kennen Sie als',
  'account.since': 'Angemeldet seit',
  'account.until': 'Endet spätestens',
  'account.unused': 'Endet bei Inaktivität',
  'account.time': '{relative} ({time} UTC)',
  'account.apps': 'Was Sie hier öffnen dürfen',
  'account.nobody': 'Sobald Sie angemeldet sind, sehen Sie hier, wer Sie sind und was Sie öffnen dürfen.',

  'help.no-access': 'Wenn Sie Zugriff brauchen, wenden Sie sich bitte an: {contact}.',
  'help.to-change': 'Damit das geändert wird, wenden Sie sich bitte an: {contact}.',
  'help.if-it-lasts': 'Falls das so bleibt, wenden Sie sich bitte an: {contact}.',
  'help.if-that-fails': 'Falls das nicht hilft, wenden Sie sich bitte an: {contact}.',
  'help.only': 'Hilfe bekommen Sie hier: {contact}.',
  'help.request-id': 'Nennen Sie dabei bitte die Vorgangsnummer unten.',

  'chooser.title': 'Wie möchten Sie sich anmelden?',
  'chooser.list': 'Möglichkeiten, sich anzumelden',

  'forbidden.title': 'Sie haben keinen Zugriff auf diese Seite',
  'forbidden.text':
    'Für diese Seite ist eine Berechtigung nötig, die Ihr Konto nicht hat. Falls Sie ein anderes Konto mit dieser Berechtigung haben, melden Sie sich bitte damit an.',
  'closed.title': 'Diese Seite ist nicht zugänglich',
  'closed.text': 'Sie wird hier nicht angeboten. Auch eine Anmeldung würde daran nichts ändern.',
  'unsendable.title': 'Diese Seite lässt sich mit Ihrem Konto nicht öffnen',
  'unsendable.text':
    'An Ihren Berechtigungen liegt es nicht. Was die Anwendung über Ihr Konto erfährt, zum Beispiel Ihre Gruppen, lässt sich so nicht übermitteln: Vielleicht ist es zu viel. Wer die Anwendung betreibt, kann ändern, was übermittelt wird.',

  'step-up.title': 'Bitte melden Sie sich noch einmal an',
  'step-up.text': 'Diese Seite verlangt eine sicherere oder neuere Anmeldung als Ihre jetzige.',

  'programs.title': 'Diese Adresse ist für Programme',
  'programs.text': 'Sie verlangt ein Token oder einen Schlüssel und lässt sich nicht im Browser öffnen.',
  'certificate.title': 'Diese Seite verlangt ein Zertifikat',
  'certificate.text':
    'Ihr Browser hat keines vorgezeigt, das hier gilt. Falls Sie eines haben, fügen Sie es Ihrem Browser oder Ihrem Gerät hinzu, schließen Sie den Browser und öffnen Sie diese Seite noch einmal.',

  'framed.text': 'Melden Sie sich an, um zu sehen, was hier steht. Danach kommen Sie auf diese Seite zurück.',
  'unsaved.text':
    'Was Sie gesendet haben, wurde nicht gespeichert. Melden Sie sich an, gehen Sie zum Formular zurück und senden Sie es noch einmal.',
  'again.moment': moment,
  'again.second': 'Bitte öffnen Sie Ihre Seite in einer Sekunde noch einmal.',
  'again.seconds': 'Bitte öffnen Sie Ihre Seite in {seconds} Sekunden noch einmal.',

  '400.title': 'Diese Anfrage ist nicht eindeutig',
  '400.text':
    'Adresse oder Form lassen sich auf mehr als eine Weise verstehen. Deshalb wurde die Anfrage nicht weitergegeben.',
  '401.title': 'Sie sind nicht angemeldet',
  '401.text': 'Melden Sie sich an, um diese Seite zu öffnen.',
  '403.title': 'Das ist nicht möglich',
  '403.text': 'Die Anfrage wurde abgelehnt.',
  '404.title': 'Diese Seite gibt es hier nicht',
  '404.text': 'Vielleicht ist die Adresse falsch geschrieben, oder die Seite ist umgezogen.',
  '405.title': 'Das ist hier nicht möglich',
  '405.text': 'Die Seite gibt es, aber nicht für diese Art von Anfrage.',
  '408.title': 'Das hat zu lange gedauert',
  '408.text': 'Die Anfrage kam nicht vollständig an. Bitte versuchen Sie es noch einmal.',
  '413.title': 'Das ist zu groß',
  '413.text': 'Was gesendet wurde, ist größer, als diese Anwendung annimmt.',
  '415.title': 'Dieses Formular ist nicht lesbar',
  '415.text': 'Es wurde in einer Form gesendet, die hier nicht verstanden wird.',
  '417.title': 'Diese Anfrage lässt sich nicht erfüllen',
  '417.text': 'Die Anfrage erwartet etwas, das hier nicht angeboten wird.',
  '421.title': 'Diese Website gibt es hier nicht',
  '421.text': 'Die Adresse führt hierher, aber zu ihrem Namen gehört keine Anwendung.',
  '426.title': 'Diese Verbindung wird nicht unterstützt',
  '426.text': 'Dafür ist eine andere Art von Verbindung nötig.',
  '429.title': 'Das war zu viel auf einmal',
  '429.text': 'Bitte versuchen Sie es in einer Minute noch einmal.',
  'limit.title': 'Das war zu oft',
  'limit.text': 'Eine Grenze ist erreicht. Bitte versuchen Sie es später noch einmal.',
  '431.title': 'Mit dieser Anfrage kam zu viel',
  '431.text': 'Oft hilft es, die Cookies dieser Website zu löschen.',
  '500.title': 'Etwas ist schiefgegangen',
  '500.text': `Es liegt nicht an Ihnen. ${moment}`,
  '502.title': 'Die Anwendung ist nicht erreichbar',
  '502.text': `Es kam keine brauchbare Antwort. ${moment}`,
  '503.title': 'Gerade nicht verfügbar',
  '503.text': moment,
  '504.title': 'Die Anwendung braucht zu lange',
  '504.text': `Die Antwort kam nicht rechtzeitig. ${moment}`,
  '505.title': 'Das ist nicht lesbar',
  '505.text': 'Es wurde in einer Version von HTTP gesendet, die hier nicht verstanden wird.',

  'failure.state-unknown': `Sie hat zu lange gedauert oder wurde in einem anderen Tab abgeschlossen. ${cookies}`,
  'failure.loop': `Sie werden immer wieder nach der Anmeldung gefragt. ${cookies} Erlauben Sie das und beginnen Sie dann neu.`,
  'failure.refused':
    'Falls Sie selbst abgebrochen haben, können Sie neu beginnen. Sonst ist Ihr Konto vielleicht nicht für diese Website gedacht: Falls Sie ein anderes haben, melden Sie sich bitte damit an.',
  'failure.unfinished':
    'Ihr Anmeldedienst hat länger nichts von Ihnen gehört oder Ihre Anmeldung verloren. Meistens hilft es, neu zu beginnen.',
  'failure.code-refused':
    'Was wir von Ihrem Anmeldedienst bekommen haben, war zu alt oder schon verbraucht. Meistens hilft es, neu zu beginnen.',
  'failure.unavailable': `Gerade kam von dort keine Antwort. ${moment}`,
  'failure.other-account': 'Falls Sie ein anderes Konto haben, melden Sie sich bitte damit an.',
  'failure.step-up':
    'Ihr Anmeldedienst hat nicht bestätigt, dass Ihre Anmeldung so sicher oder so neu ist, wie diese Seite es verlangt. Vielleicht braucht er dafür einen zweiten Faktor. Sie können es noch einmal versuchen. Sonst hat sich nichts geändert.',
  'failure.wrong-account':
    'Beim Anmeldedienst haben Sie ein anderes Konto verwendet als hier. Deshalb wurde nichts geändert. Bitte versuchen Sie es noch einmal mit dem Konto, mit dem Sie die Seite geöffnet haben.',
  'failure.limited': 'Bitte warten Sie eine Minute und öffnen Sie dann Ihre Seite noch einmal.',
  'failure.misunderstood': `Diese Website und Ihr Anmeldedienst verstehen einander nicht. ${operators}`,
  'failure.operators': operators,

  'sign-out.title': 'Möchten Sie sich abmelden?',
  'sign-out.text': 'Sie werden hier abgemeldet, und auch bei Ihrem Anmeldedienst, wenn dieser das anbietet.',
  'sessions.title': 'Wo Sie angemeldet sind',
  'sessions.text':
    'In diesen Browsern sind Sie unter dieser Adresse angemeldet. Falls Sie einen davon nicht kennen, melden Sie sich dort ab und ändern Sie Ihr Passwort beim Anmeldedienst.',
  'sessions.this': 'Dieser Browser',
  'sessions.browser': 'Ein Browser',
  'sessions.browser-on': 'Ein Browser unter {system}',
  'sessions.named-on': '{browser} unter {system}',
  'sessions.last-used': 'Zuletzt verwendet',
  'sessions.network': 'Netz',
  'sessions.end': 'Dort abmelden',
  'sessions.end-others': 'Überall sonst abmelden',
  'sessions.only': 'Sonst sind Sie nirgends angemeldet.',
  'sessions.again': 'Wo Sie beim Anmeldedienst noch angemeldet sind, ist eine neue Anmeldung sofort möglich.',

  'keys.title': 'Ihre API-Schlüssel',
  'keys.text':
    'Mit einem Schlüssel öffnet ein Programm, was Sie damit öffnen dürfen. Wer den Schlüssel hat, kann dasselbe. Verwahren Sie ihn deshalb wie ein Passwort.',
  'keys.none': 'Sie haben noch keine Schlüssel.',
  'keys.not-allowed':
    'Mit Ihrem Konto können hier keine Schlüssel erstellt werden. Falls Sie einen brauchen, fragen Sie bitte die Betreiber dieser Website.',
  'keys.not-allowed-yours': 'Die Schlüssel, die Sie haben, können Sie weiterhin widerrufen.',
  'keys.full':
    'Sie haben so viele Schlüssel, wie Sie haben dürfen. Widerrufen Sie einen, um einen neuen zu erstellen.',
  'keys.too-many':
    'Sie haben in letzter Zeit viele Schlüssel erstellt und widerrufen. Widerrufene Schlüssel werden nach 90 Tagen vergessen. Dann können Sie wieder neue erstellen.',
  'keys.new': 'Schlüssel erstellen',
  'keys.name': 'Name',
  'keys.name-hint': 'Wofür der Schlüssel ist, in wenigen Worten.',
  'keys.ends-in': 'Wie lange er gilt',
  'keys.without-end': 'Unbegrenzt',
  'keys.origins': 'Websites, die ihn verwenden dürfen',
  'keys.sites': 'Websites',
  'keys.origins-hint':
    'Die Adressen von Websites, deren Seiten Tokens für diesen Schlüssel bekommen, eine in jeder Zeile, zum Beispiel https://shop.example. Lassen Sie das Feld leer, wenn Sie nicht wissen, was das ist.',
  'keys.sign-in-first':
    'Bevor ein Schlüssel erstellt wird oder ein neues Geheimnis bekommt, werden Sie vielleicht gebeten, sich noch einmal anzumelden.',
  'keys.make': 'Schlüssel erstellen',
  'keys.id': 'Schlüssel',
  'keys.made': 'Erstellt',
  'keys.last-used': 'Zuletzt verwendet',
  'keys.never-used': 'Noch nicht',
  'keys.network': 'Von',
  'keys.uses': 'Anfragen',
  'keys.ends': 'Gilt bis',
  'keys.ended': 'Geendet',
  'keys.sleeps': 'Schläft ein',
  'keys.old-secret': 'Früheres Geheimnis gilt bis',
  'keys.asleep': 'Schläft',
  'keys.asleep-text':
    'Er öffnet zurzeit nichts: Was Ihr Anmeldedienst über Sie sagt, ist zu alt oder umfasst keine Schlüssel mehr.',
  'keys.sleeps-text': 'Ein schlafender Schlüssel wacht auf, wenn Sie sich neu anmelden.',
  'keys.over': 'Abgelaufen',
  'keys.revoked': 'Widerrufen',
  'keys.former': 'Schlüssel, die nicht mehr gelten',
  'keys.change': 'Ändern',
  'keys.rename': 'Umbenennen',
  'keys.overlap': 'Wie lange das frühere Geheimnis noch gilt',
  'keys.overlap-none': 'Gar nicht',
  'keys.choose': 'Bitte wählen',
  'keys.rotate': 'Neues Geheimnis',
  'keys.revoke': 'Endgültig widerrufen',
  'keys.confirm-title': 'Bitte melden Sie sich noch einmal an',
  'keys.confirm-text':
    'So ist sicher, dass Sie es sind. Danach kommen Sie zu Ihren Schlüsseln zurück und drücken noch einmal auf den Knopf. Was Sie ausgefüllt haben, bleibt erhalten.',
  'keys.made-title': 'Hier ist Ihr Schlüssel',
  'keys.rotated-title': 'Hier ist das neue Geheimnis',
  'keys.once':
    'Sie sehen das nur jetzt. Verwahren Sie es an einem sicheren Ort, bevor Sie diese Seite verlassen.',
  'keys.whole': 'Der Schlüssel in einem Stück',
  'keys.pair': 'Dasselbe in zwei Teilen, für Programme, die nach Benutzername und Passwort fragen',
  'keys.secret': 'Geheimnis',
  'keys.curl': 'Zum Ausprobieren in einem Terminal',
  'keys.copy': 'Kopieren',
  'keys.copied': 'Kopiert',
  'keys.back': 'Fertig',
  'keys.already':
    'Dieser Schlüssel wurde schon erstellt, und sein Geheimnis wird nur einmal gezeigt. Falls Sie es nicht gesehen haben, geben Sie dem Schlüssel ein neues Geheimnis.',
  'keys.changed-meanwhile':
    'Der Schlüssel wurde inzwischen geändert. Deshalb ist nichts geschehen. Bitte sehen Sie ihn sich noch einmal an.',
  'keys.stale':
    'Die Seite, von der das kam, war nicht mehr aktuell. Deshalb ist noch nichts geschehen. Bitte versuchen Sie es noch einmal.',
  'keys.gone': 'Diesen Schlüssel haben Sie nicht mehr.',
  'keys.bad-name': 'Bitte geben Sie dem Schlüssel einen Namen mit höchstens 100 Zeichen.',
  'keys.bad-end': 'Bitte wählen Sie, wie lange der Schlüssel gelten soll.',
  'keys.bad-overlap': 'Bitte wählen Sie, wie lange das frühere Geheimnis noch gilt.',
  'keys.bad-origins':
    'Bitte schreiben Sie von jeder Website den Anfang ihrer Adresse, zum Beispiel https://shop.example, eine in jede Zeile. Seiten dieser Website selbst können nicht darunter sein.',
  'keys.too-large':
    'Ihr Konto enthält zu viele Daten für einen Schlüssel. Die Betreiber dieser Website können das ändern.',

  'signed-out.title': 'Sie sind abgemeldet',
  'signed-out.here-title': 'Sie sind in diesem Browser abgemeldet',
  'signed-out.not-yet':
    'Die Sitzung konnte noch nicht überall beendet werden. Das dauert noch ein paar Augenblicke.',
  'signed-out.still-at':
    'Bei {provider} sind Sie noch angemeldet. Melden Sie sich auch dort ab, wenn andere diesen Browser verwenden.',
  'signed-out.shared': 'An einem gemeinsam genutzten Computer schließen Sie bitte auch den Browser.',

  'resume.title': 'Sie sind wieder angemeldet',
  'resume.text':
    'Was Sie abgeschickt hatten, wurde aufbewahrt und wird jetzt gesendet. Falls nichts geschieht, hilft die Schaltfläche.',
  'resume.other-title': 'Als andere Person absenden?',
  'resume.other':
    'Was vor der Anmeldung abgeschickt wurde, hat {before} ausgefüllt. Sie sind als {now} angemeldet. Es ist noch nicht gesendet.',
  'resume.other-unknown':
    'Was vor der Anmeldung abgeschickt wurde, hat vielleicht jemand anderes ausgefüllt. Sie sind als {now} angemeldet. Es ist noch nicht gesendet.',
  'resume.waits':
    'Was Sie abgesendet haben, wurde nicht weitergegeben. Es ist noch da: Bis zehn Minuten nach dem ersten Absenden können Sie es mit demselben Konto noch einmal absenden.',
  'resume.gone-title': 'Hier ist nichts mehr abzusenden',
  'resume.gone':
    'Es wurde schon gesendet, es hat länger als zehn Minuten gewartet, oder Sie sind jetzt mit einem anderen Konto angemeldet. Wenn Sie nicht sehen, was Sie abgeschickt haben, füllen Sie das Formular bitte noch einmal aus.',

  'moving.if-nothing-happens': '{continue}, falls nichts geschieht.',
  'moving.to-page': 'Wir bringen Sie zu Ihrer Seite.',
  'moving.to-provider': 'Wir bringen Sie zu Ihrem Anmeldedienst.',
  'moving.one-moment': 'Einen Augenblick',
  'moving.signed-in': 'Angemeldet',
  'moving.signing-out': 'Sie werden abgemeldet',
  'moving.signed-out-here': 'Hier sind Sie abgemeldet. Es geht weiter zu Ihrem Anmeldedienst.',

  ...germanFaults,
} as const satisfies Catalogue
