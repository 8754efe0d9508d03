"""Personal data: nothing of it is on the disk in clear, and erasing one person erases exactly that person, everywhere."""
import base64
import json
import pathlib
import random
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Server, run, tomorrow  # noqa: E402

PEOPLE = 50   # each with a name, a phone, a mail and a text: 200 canaries


def forms(text):
    """How a leak could be written."""
    plain = text.encode()
    yield from (plain, plain.lower(), plain.upper(), text.encode("utf-16-le"), text.encode("utf-16-be"))
    yield from (plain.hex().encode(), plain.hex().upper().encode(), urllib.parse.quote(text, safe="").encode())
    for shift in range(3):   # base64 at each alignment, without the edges that depend on the neighbours
        encoded = base64.b64encode(b"\0" * shift + plain)
        yield encoded[4 if shift else 0:-4]
    yield base64.urlsafe_b64encode(plain)[:-4]


class Privacy(unittest.TestCase):
    def people(self, client, seller):
        chance = random.Random(7)
        made = []
        for n in range(PEOPLE):
            word = "".join(chance.choice("bcdfghjklmnpqrstvwz") for _ in range(10))
            person = {"name": f"Canary{word} O'Nelly", "phone": f"+4915{chance.randrange(10**9, 10**10)}",
                      "mail": f"{word}.x@canary-mail.example", "text": f"said{word}: the roof leaks since May"}
            contact = client.must_post("/v1/contacts", {"ownerId": seller, "personal": {
                "fullName": person["name"], "phones": [person["phone"]], "emails": [person["mail"]]}})["id"]
            deal = client.must_post("/v1/deals", {"title": "Roof repair", "ownerId": seller, "contactId": contact})["id"]
            client.must_post(f"/v1/deals/{deal}/actions", {"type": "CALL", "outcome": "REACHED", "text": person["text"],
                                                          "talkTime": "60s"})
            made.append({**person, "contact": contact, "deal": deal})
        return made

    def leaks(self, folder, people):
        blobs = {path: path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file()}
        found = []
        for person in people:
            for what in ("name", "phone", "mail", "text"):
                for form in forms(person[what]):
                    found += [f"{what} {form!r} in {path}" for path, blob in blobs.items() if form in blob]
        return found

    def views(self, client, position, people, seller):
        """Everything the API says that holds personal values, or figures about them."""
        pages = {"contacts": client.must_get("/v1/contacts", pageSize=1000, minPosition=position)["contacts"],
                 "kpis": client.must_get("/v1/kpis/sellers", seller=seller, minPosition=position)["sellers"]}
        for person in people:
            deal, contact = person["deal"], person["contact"]
            pages[f"timeline {deal}"] = client.must_get(f"/v1/deals/{deal}/timeline", minPosition=position)["entries"]
            pages[f"brief {deal}"] = client.must_get(f"/v1/deals/{deal}/brief", minPosition=position)["timeline"]
            pages[f"contact {contact}"] = client.must_get(f"/v1/contacts/{contact}", minPosition=position)["contact"]
            pages[f"events {contact}"] = client.must_get(f"/v1/streams/contact-{contact}/events")["events"]
            pages[f"events {deal}"] = client.must_get(f"/v1/streams/deal-{deal}/events")["events"]
        return pages

    def test_nothing_personal_is_on_the_disk_and_erasure_is_exact(self):
        with Server() as server:
            client = server.client()
            seller = client.must_post("/v1/sellers", {"name": "Ada", "roles": ["CLOSER"]})["id"]
            people = self.people(client, seller)
            position = client.must_get("/v1/head")["position"]
            before = self.views(client, position, people, seller)
            self.assertEqual(len(before["contacts"]), PEOPLE)
            self.assertIn(people[0]["name"], json.dumps(before, ensure_ascii=False))
            server.kill()
            self.assertEqual(self.leaks(server.data, people), [], "after kill -9")
            self.assertFalse([p["name"] for p in people if p["name"].encode() in server.log], "in the server's log")
            server.start()
            client = server.client()
            self.assertEqual(self.strip(self.views(client, position, people, seller)), self.strip(before))

            victim = people[17]
            erased = client.must_post(f"/v1/subjects/contact-{victim['contact']}/erase", {"legalGround": "asked for"})
            after = self.views(client, erased["position"], people, seller)
            self.check_erased(after, before, victim)
            # In the past it reads the same: erased. And a rebuild says what the live one says.
            past = client.must_get(f"/v1/contacts/{victim['contact']}", asOf=position)["contact"]
            self.assertEqual(past["personalState"], "ERASED")
            self.assertNotIn("fullName", past)
            free = client.post("/v1/contacts", {"personal": {"phones": [victim["phone"]]}})
            self.assertEqual(free.status, 201, "the claims of an erased person are released")
            after = self.views(client, free.json["position"], people, seller)
            self.assertEqual(client.post(f"/v1/contacts/{victim['contact']}/update",
                                         {"personal": {"fullName": "Back"}}).code, "subject_erased")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(run("rebuild", "all", "--data", server.data).returncode, 0)
            server.start()
            self.assertEqual(self.strip(self.views(server.client(), free.json["position"], people, seller)), self.strip(after))
            self.assertEqual(server.stop(), 0)
            self.assertEqual(run("verify", "--data", server.data).returncode, 0)

    def strip(self, views):
        return json.loads(json.dumps(views))

    def check_erased(self, after, before, victim):
        self.assertEqual(after["kpis"], before["kpis"], "figures stay")
        for place, now in after.items():
            text, then = json.dumps(now, ensure_ascii=False), json.dumps(before[place], ensure_ascii=False)
            mine = victim["contact"] in place or victim["deal"] in place
            for what in ("name", "phone", "mail", "text"):
                self.assertNotIn(json.dumps(victim[what], ensure_ascii=False)[1:-1], text, (place, what))
            if mine and ("timeline" in place or "contact" in place or "brief" in place):
                self.assertIn("ERASED", text, place)
            elif not mine and place != "contacts":
                self.assertEqual(text, then, place)
        others = [c for c in after["contacts"] if c["id"] != victim["contact"]]
        self.assertEqual(others, [c for c in before["contacts"] if c["id"] != victim["contact"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
