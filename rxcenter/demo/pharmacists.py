"""Simulated pharmacists: they log in and use the desk's own forms, like anybody at a browser."""

from collections.abc import Callable, Sequence
from random import Random

from rxcenter.demo.browsing import Browser, Form, Page
from rxcenter.demo.staff import Login

QUEUE = "/admin/review/waiting/"
NOTE = "请核对后重新开具。"
MONITORING = "3日内复查并电话随访"


class Pharmacist:
    """One pharmacist at the desk. `remarks` collects what the desk refused."""

    def __init__(self, url: str, login: Login, password: str, seed: int) -> None:
        self._browser = Browser(url)
        self._login, self._password = login, password
        self._rng = Random(f"{seed}:{login.username}")
        self.remarks: list[str] = []

    def log_in(self) -> bool:
        """Through the admin's own login page."""
        page = self._browser.get("/admin/login/?next=/admin/")
        form = next((f for f in page.forms if "password" in f.fields), None)
        if form is None:
            self.remarks.append(f"{self._login.username}: no login form (status {page.status})")
            return False
        page = self._browser.send(page, form, username=self._login.username, password=self._password)
        if page.status != 200 or "/login/" in page.url:
            self.remarks.append(f"{self._login.username}: could not log in (status {page.status})")
            return False
        return True

    def work(self, most: int, done: Callable[[], object]) -> int:
        """Take the next one and decide, at most so often; returns how many were decided."""
        decided = 0
        page = self._take_next()
        while page is not None and decided < most:
            page = self._decide(page)
            if page is not None:
                decided += 1
                done()
        return decided

    def _take_next(self) -> Page | None:
        page = self._browser.get(QUEUE)
        form = page.form("/next/")
        if form is None:
            self.remarks.append(
                f"{self._login.username}: the queue has no button to take (status {page.status})"
            )
            return None
        page = self._browser.send(page, form)
        return page if page.form("/decide/") else None

    def _decide(self, page: Page) -> Page | None:
        """Answer one prescription; returns the page of the next one, None when there is none or it was refused."""
        form = page.form("/decide/")
        if form is None:
            return None
        after = self._approve(page, form) if self._may_pass(page, form) else self._send_back(page)
        if after is None or after.status >= 400:
            status = after.status if after else "no form"
            self.remarks.append(
                f"{self._login.username}: {page.url.split('/')[-3]} was not decided ({status})"
            )
            return None
        return after

    def _may_pass(self, page: Page, form: Form) -> bool:
        """Clean ones held by policy pass; gaps mostly; few with a serious finding."""
        if "approve" not in form.buttons.get("verdict", []):
            return False
        if "rx-card-critical" in page.text or "rx-card-major" in page.text:
            return self._rng.random() < 0.2
        return "rx-card-gap" not in page.text or self._rng.random() < 0.6

    def _approve(self, page: Page, form: Form) -> Page:
        given = {
            name: self._rng.choice(codes)
            for name, codes in form.choices.items()
            if name.startswith("reason-")
        }
        if "monitoring" in form.fields:
            given["monitoring"] = MONITORING
        return self._browser.send(page, form, verdict="approve", **given)

    def _send_back(self, page: Page) -> Page | None:
        """Mostly return, sometimes reject, with a code of the dialog."""
        forms = [f for f in page.forms if f.action.endswith("/decide/") and "code" in f.choices]
        if not forms:
            return None
        form = forms[-1] if self._rng.random() < 0.15 else forms[0]
        note = form.fields.get("note") or NOTE
        return self._browser.send(page, form, code=self._rng.choice(form.choices["code"]), note=note)


def work(
    url: str, people: Sequence[Login], password: str, *, seed: int, most: int, done: Callable[[], object]
) -> list[str]:
    """Let them work one after the other, `most` decisions in all; returns what was refused."""
    remarks: list[str] = []
    left = most
    for n, person in enumerate(people):
        pharmacist = Pharmacist(url, person, password, seed)
        if pharmacist.log_in():
            left -= pharmacist.work(-(-left // (len(people) - n)), done)
        remarks += pharmacist.remarks
    return remarks
