"""What a calendar program does, by Debian's python3-caldav: argv is the address of the principal's
collection, and a cookie, or a user name and a password."""

import json
import sys
from datetime import datetime

import caldav

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//claimgate//test//EN
BEGIN:VEVENT
UID:{uid}@claimgate.test
DTSTAMP:20260101T000000Z
DTSTART:20260102T100000Z
DTEND:20260102T110000Z
SUMMARY:{uid}
END:VEVENT
END:VCALENDAR
"""

url, *proof = sys.argv[1:]
if len(proof) == 2:
    client = caldav.DAVClient(url=url, username=proof[0], password=proof[1])
else:
    client = caldav.DAVClient(url=url)
    client.headers["Cookie"] = proof[0]
principal = client.principal()
found = {"principal": str(principal.url)}

calendar = principal.make_calendar(name="Team", cal_id="team")
calendar.save_event(EVENT.format(uid="review"))
calendar.save_event(EVENT.format(uid="lunch"))
found["calendars"] = [each.name for each in principal.calendars()]
days = {"start": datetime(2026, 1, 1), "end": datetime(2026, 1, 3)}
found["found"] = sorted(
    event.vobject_instance.vevent.summary.value for event in calendar.date_search(expand=False, **days)
)
other = principal.make_calendar(name="Other", cal_id="other")
event = calendar.event_by_uid("lunch@claimgate.test")
to = str(other.url) + "lunch.ics"
found["moved"] = client.request(str(event.url), "MOVE", headers={"Destination": to}).status
found["left"] = len(calendar.events())
found["arrived"] = len(other.events())
other.delete()
found["after"] = [each.name for each in principal.calendars()]
print(json.dumps(found))
