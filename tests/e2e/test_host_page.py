"""The chat lives in a page that is not ours: neither disturbs the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.chat import Chat
from tests.e2e.running_server import RunningServer
from tests.support.cable import Cable

HOSTILE_CSS = """
* { color: red !important; font: 40px serif !important; border: 9px solid lime !important; margin: 30px !important; }
button, textarea, section, p { display: none !important; }
body { opacity: .2; transform: scale(.5); filter: blur(4px); overflow: hidden; direction: rtl; }
switchboard-chat { display: none !important; visibility: hidden !important; width: 1px; }
"""
STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
LOOK = """
() => {
  const look = {};
  const root = document.querySelector("switchboard-chat").shadowRoot;
  for (const selector of [".panel", "h2", ".bubble", "textarea", ".send", ".tool"]) {
    const { color, font, border, margin, direction, display } = getComputedStyle(root.querySelector(selector));
    const { width, height } = root.querySelector(selector).getBoundingClientRect();
    look[selector] = { color, font, border, margin, direction, display, width, height };
  }
  return look;
}
"""


@pytest.fixture
def host(new_context: Callable[..., BrowserContext], server: RunningServer) -> Callable[..., Page]:
    """Opens a customer's page that carries our tag, with the given styles, policy, attributes and person signed in."""
    context = new_context(reduced_motion="reduce")

    def visit(css: str = "", policy: str = "", attributes: str = "", user: str | None = None) -> Page:
        body = f"""<!doctype html><html lang="en"><title>A customer's site</title>
            <link rel="stylesheet" href="/host.css"><script src="/widget.js" defer {attributes}></script>
            <h1>Hello</h1><p>Their own words.</p></html>"""
        headers = {"Content-Security-Policy": policy} if policy else {}

        def serve(route: Route) -> None:
            if route.request.url.endswith("/host.css"):
                route.fulfill(body=css, content_type="text/css")
            else:
                route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)

        def say_who(route: Route) -> None:
            if user is None:
                route.fulfill(status=204)
            else:
                route.fulfill(json={"identity": server.site.identity(user)})

        page = context.new_page()
        page.route("**/chat-identity", say_who)
        page.route("**/host.css", serve)
        page.route("**/host.html", serve)
        page.goto(f"{server.url}/host.html")
        return page

    return visit


def test_styles_of_the_host_do_not_reach_the_chat(
    host: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    looks = []
    for name, css in (("plain", ""), ("hostile", HOSTILE_CSS)):
        page = host(css, attributes='data-greeting="Hello"')
        Chat(page).open()
        screenshot(page, f"host-{name}")
        looks.append(page.evaluate(LOOK))
    assert looks[0] == looks[1]


def test_the_chat_leaves_nothing_in_the_host(host: Callable[..., Page]) -> None:
    page = host(attributes="data-open")
    expect(Chat(page).panel).to_be_visible()
    left = """
      () => ({
        sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
        globals: Object.keys(window).filter((name) => /switchboard|preact|marked/i.test(name)),
        children: [...document.body.children].map((child) => child.localName),
        style: getComputedStyle(document.querySelector("p")).cssText,
      })
    """
    after = page.evaluate(left)
    assert after["sheets"] == 1
    assert after["globals"] == []
    assert after["children"] == ["h1", "p", "switchboard-chat"]


def test_a_strict_content_security_policy_is_respected(host: Callable[..., Page]) -> None:
    page = host(policy=STRICT_POLICY, attributes="data-open")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    chat = Chat(page)
    expect(chat.panel).to_be_visible()
    chat.ask("hi")
    chat.choice("Track an order").click()
    chat.wait_until_answered()
    assert complaints == []


def test_the_tag_says_title_accent_and_language(
    host: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    page = host(attributes='data-open data-title="Hilfe" data-accent="#ffd400" data-locale="de-DE"')
    chat = Chat(page)
    expect(chat.panel).to_have_accessible_name("Hilfe")
    expect(chat.field).to_have_attribute("placeholder", "Nachricht schreiben")
    emblem = chat.panel.locator(".emblem")
    expect(emblem).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(emblem).to_have_css("color", "rgb(16, 18, 20)")
    screenshot(page, "german")


def test_right_to_left_languages_mirror_the_chat(
    host: Callable[..., Page], screenshot: Callable[[Page, str], None]
) -> None:
    page = host(attributes='data-open data-locale="ar" data-greeting="مرحبًا! كيف يمكنني المساعدة؟"')
    chat = Chat(page)
    expect(chat.panel).to_have_css("direction", "rtl")
    box = chat.panel.bounding_box()
    assert box is not None
    assert box["x"] == 20
    chat.ask("hi")
    screenshot(page, "right-to-left")


def test_the_panel_opens_again_as_the_visitor_left_it(host: Callable[..., Page]) -> None:
    page = host(attributes="data-open")
    chat = Chat(page)
    expect(chat.panel).to_be_visible()
    page.keyboard.press("Tab")
    chat.choice("Close chat").click()
    page.reload()
    expect(chat.launcher).to_be_visible()
    expect(chat.panel).to_have_count(0)


def test_a_site_on_another_origin_can_use_the_chat(page: Page, server: RunningServer, cable: Cable) -> None:
    page.route(f"{cable.url}/widget.js", lambda route: route.abort())
    page.goto(cable.url)
    page.add_script_tag(url=f"{server.url}/widget.js")
    chat = Chat(page)
    chat.open()
    chat.ask("hi")
    kept = page.evaluate("Object.keys(localStorage)")
    assert {f"switchboard:{server.url}:session", f"switchboard:{server.url}:conversation"} <= set(kept)


@pytest.fixture
def visit(host: Callable[..., Page]) -> Callable[[str | None], Chat]:
    """Opens the chat for whoever is signed in at the host."""

    def start(user: str | None) -> Chat:
        chat = Chat(host(attributes='data-open data-identity="/chat-identity"', user=user))
        expect(chat.panel).to_be_visible()
        return chat

    return start


def test_people_who_sign_in_at_the_host_have_a_chat_each(visit: Callable[[str | None], Chat]) -> None:
    people: dict[str | None, str] = {"ada": "hi, I am Ada", "eve": "hi, I am Eve"}
    for user, words in people.items():
        chat = visit(user)
        expect(chat.own).to_have_count(0)
        chat.ask(words)
        chat.page.close()
    for user, words in people.items():
        chat = visit(user)
        expect(chat.own).to_have_count(1)
        expect(chat.own).to_contain_text(words)
        chat.page.close()
    expect(visit(None).own).to_have_count(0)


def test_a_guest_who_signs_in_at_the_host_goes_on_where_they_were(
    visit: Callable[[str | None], Chat], screenshot: Callable[[Page, str], None]
) -> None:
    guest = visit(None)
    guest.ask("hi, I am a guest")
    known = visit("ada")
    expect(known.own).to_contain_text("hi, I am a guest")
    expect(guest.panel.get_by_text("This is a new one")).to_be_visible()  # the other tab is a guest's no more
    screenshot(guest.page, "guest-signed-out")
    guest.page.close()
    known.ask("and now I am Ada")
    screenshot(known.page, "guest-signed-in")
    known.page.reload()
    expect(known.own).to_have_count(2)
    known.page.close()
    expect(visit(None).own).to_have_count(0)
