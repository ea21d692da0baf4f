"""The pages for people: what they show, what they save, and from whom they take a form."""

from __future__ import annotations

import re
from html import unescape

import pytest

from sandboxes.tinyplus.app import start
from tests.sandboxes.client import Answer, Client
from tests.sandboxes.stage import SEED

HOME = "/app/northlight"
BANNER = "Sandbox: a stand-in for tiny+, not the real service"


def page(api: Client, path: str) -> Answer:
    answer = api.send("GET", path)
    assert answer.status == 200, answer.text
    return answer


def words(answer: Answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def filled(answer: Answer) -> dict[str, str]:
    """The form of a page as a browser would send it untouched."""
    form = answer.text.partition('<form method="post"')[2].partition("</form>")[0]
    fields = {
        name: unescape(value) for value, name in re.findall(r'<input [^>]*?value="([^"]*)"[^>]*? name="([^"]*)"', form)
    }
    fields |= {
        name: unescape(value) for name, value in re.findall(r'<input [^>]*?name="([^"]*)"[^>]*? value="([^"]*)"', form)
    }
    for name, body in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        fields[name] = unescape(body).replace("\n", "\r\n")
    for name, body in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        fields[name] = unescape(chosen[1]) if chosen else ""
    return fields


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/fields",
        *(f"{HOME}/{name}{rest}" for name in ("companies", "contacts", "projects", "team") for rest in ("", "/new")),
    ],
)
def test_each_page_says_that_this_is_a_sandbox_and_holds_nothing_inline(api: Client, path: str) -> None:
    answer = page(api, path)
    assert BANNER in words(answer)
    assert not re.search(r"<style|style=|<script>|<script [^>]*>[^<]|\son\w+=|javascript:", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text):
        file = page(api, asset)
        assert api.send("GET", asset, headers={"If-None-Match": file.headers["etag"]}).status == 304


def test_lists_show_search_order_and_page(api: Client) -> None:
    names = [{"name": f"Firm {number:02}", "modified_ago": number} for number in range(60)]
    api.control("seed", {"accounts": [{"key": "northlight", "records": {"companies": names}}]})
    first = words(page(api, f"{HOME}/companies"))
    assert "1 to 50 of 61" in first
    assert "Firm 00" in first
    assert "Firm 55" not in first
    assert "Firm 55" in words(page(api, f"{HOME}/companies?page=2"))
    assert "Firm 59" in words(page(api, f"{HOME}/companies?page=99999")), "past the end is the last page"
    assert words(page(api, f"{HOME}/companies?order=name")).index("Firm 01") < words(
        page(api, f"{HOME}/companies?order=name")
    ).index("Firm 02")
    found = words(page(api, f"{HOME}/companies?q=FIRM+07"))
    assert "Firm 07" in found
    assert "1 to 1 of 1" in found
    assert "No companies match “nothing <b>”." in words(page(api, f"{HOME}/companies?q=nothing+%3Cb%3E"))
    assert "No projects yet." in words(page(api, f"{HOME}/projects"))


def test_what_is_typed_is_text_wherever_it_is_shown(api: Client) -> None:
    evil = '"><script>alert(1)</script>'
    made = api.make("companies", name=evil, external_url="javascript:alert(1)", sync_origin=evil, is_synced=True)
    api.make("contacts", name=evil, primary_company=made["id"], description=f"</textarea>{evil}")
    for path in (f"/companies?q={evil}", f"/companies/{made['id']}", "/contacts", "/contacts/1"):
        answer = page(
            api, f"{HOME}{path}".replace(" ", "%20").replace('"', "%22").replace(">", "%3E").replace("<", "%3C")
        )
        assert "<script>" not in answer.text, path
        assert 'href="javascript' not in answer.text


def test_a_person_saves_only_what_was_edited_and_is_not_counted(api: Client) -> None:
    before = api.make("companies", name="Cafe", description="One\nTwo", email_address="not an address", is_synced=True)
    api.control("clock", {"advance": 10})
    form = filled(page(api, f"{HOME}/companies/2"))
    api.patch("companies/2", {"abn": "changed by the sync while the form was open"})
    counted = api.control("calls")["total"]
    saved = api.form(f"{HOME}/companies/2", {**form, "mobile": " 0400 000 000 ", "description": "One\r\nThree"})
    assert (saved.status, saved.headers["location"]) == (303, f"{HOME}/companies/2?saved=1")
    assert "Saved." in words(page(api, saved.headers["location"]))
    assert api.control("calls")["total"] == counted
    now = api.get("companies/2", with_related=0).json
    changed = {
        "mobile": "0400 000 000",
        "description": "One\nThree",
        "abn": "changed by the sync while the form was open",
    }
    assert now == {**before, **changed, "modified_date": now["modified_date"]}
    assert now["modified_date"] > before["modified_date"]
    assert now["modified_user"] == 1


def test_a_form_sent_back_untouched_changes_nothing(api: Client) -> None:
    api.make(
        "projects",
        name="A\tB",
        description=" x\n",
        record_status="active",
        phase="Concept",
        fee_value=1200.5,
        client_company=1,
    )
    api.make("contacts", name="Ana Silva", title="two\nlines", primary_company=1, assigned_user=2)
    for path, record in (("projects/1", "projects/1"), ("contacts/1", "contacts/1"), ("team/1", "team-members/1")):
        before = api.get(record).json
        api.control("clock", {"advance": 5})
        saved = api.form(f"{HOME}/{path}", filled(page(api, f"{HOME}/{path}")))
        assert saved.headers["location"] == f"{HOME}/{path}?same=1"
        assert api.get(record).json == before


def test_a_new_record_is_added_by_hand(api: Client) -> None:
    form = filled(page(api, f"{HOME}/projects/new"))
    answer = api.form(
        f"{HOME}/projects/new",
        {
            **form,
            "name": "Hall",
            "record_status": "active: Documentation",
            "fee_value": "$12,500.50",
            "client_company": "1",
        },
    )
    assert answer.headers["location"] == f"{HOME}/projects/1?added=1"
    made = api.get("projects/1").json
    told = [made[name] for name in ("name", "record_status", "phase", "fee_value", "client_company", "created_user")]
    assert told == ["Hall", "active", "Documentation", 12500.5, 1, 1]
    added = api.form(f"{HOME}/contacts/new", {"first_name": "Ana", "last_name": "de Souza"})
    assert added.status == 303
    assert api.get("contacts/1").json["name"] == "Ana de Souza"


def test_what_cannot_be_saved_comes_back_with_its_reason_and_what_was_typed(api: Client) -> None:
    form = filled(page(api, f"{HOME}/companies/1"))
    refused = api.form(f"{HOME}/companies/1", {**form, "abn": "9" * 51, "mobile": "0400"})
    assert refused.status == 422
    assert "This is longer than 50 characters." in words(refused)
    assert 'aria-describedby="f-abn-error"' in refused.text
    again = filled(refused)
    assert (again["mobile"], again["was.mobile"]) == ("0400", "")
    assert api.form(f"{HOME}/companies/1", {**again, "abn": "9"}).status == 303
    assert [api.get("companies/1").json[name] for name in ("abn", "mobile")] == ["9", "0400"]
    for fields, sentence in (
        ({"name": "X", "fee_value": "a lot"}, "This must be a number, for example 12500.50."),
        ({"name": "X", "fee_value": "1.005"}, "This has more than 2 decimals."),
        ({"name": " "}, "A name is required."),
    ):
        assert sentence in words(api.form(f"{HOME}/projects/new", fields))
    assert "A name is required." in words(api.form(f"{HOME}/contacts/new", {}))


def test_with_many_companies_one_is_chosen_by_name_or_number(api: Client) -> None:
    many = [{"name": f"Firm {number // 2:03}"} for number in range(160)]
    api.control("seed", {"accounts": [{"key": "northlight", "records": {"companies": [*many, {"name": "Only One"}]}}]})
    new = f"{HOME}/contacts/new"
    assert api.form(new, {"first_name": "A", "primary_company": "only one"}).status == 303
    assert api.get("contacts/1").json["related"]["primary_company"]["name"] == "Only One"
    assert "Only One (no. 162)" in page(api, f"{HOME}/contacts/1").text
    assert "2 records are called Firm 007: type its number, for example 16." in words(
        api.form(new, {"first_name": "A", "primary_company": "Firm 007"})
    )
    assert "No company is called Nobody." in words(api.form(new, {"first_name": "A", "primary_company": "Nobody"}))
    assert api.form(new, {"first_name": "A", "primary_company": "16"}).status == 303


def test_a_record_is_removed_by_hand(api: Client) -> None:
    assert api.form(f"{HOME}/companies/1/remove", {}).headers["location"] == f"{HOME}/companies?removed=1"
    assert api.get("companies/1").status == 404
    assert api.send("GET", f"{HOME}/companies/1").status == 404


def test_versions_move_with_every_change_so_that_pages_can_follow(api: Client) -> None:
    def versions() -> tuple[str, str]:
        return tuple(api.send("GET", f"{HOME}/companies{rest}/version").json["version"] for rest in ("", "/1"))  # type: ignore[return-value]

    assert f'data-version="{versions()[0]}"' in page(api, f"{HOME}/companies").text
    assert f'data-version="{versions()[1]}"' in page(api, f"{HOME}/companies/1").text
    before = versions()
    api.post("companies", {"name": "Another"})
    between = versions()
    assert between[0] != before[0]
    assert between[1] == before[1]
    api.patch("companies/1", {"abn": "1"})
    assert versions()[1] != between[1]
    api.delete("companies/1")
    assert versions()[1].endswith("gone")


def test_forms_of_other_sites_and_under_other_names_are_refused(api: Client) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", f"{api.address}.evil.example"):
        assert api.form(f"{HOME}/companies/1", {"name": "X", "was.name": ""}, origin).status == 403, origin
    plain = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.send("POST", f"{HOME}/companies/1", b"name=X", plain).status == 403, "a form says where it comes from"
    cross = {**plain, "Origin": api.address, "Sec-Fetch-Site": "cross-site"}
    assert api.send("POST", f"{HOME}/companies/1", b"name=X", cross).status == 403
    assert api.send("GET", "/", headers={"Host": "evil.example"}).status == 403
    assert api.send("GET", "/", headers={"Host": api.host.replace("127.0.0.1", "localhost")}).status == 200
    assert api.get("companies/1").json["name"] == "Harbour Cafe"


def test_what_is_not_there_is_a_page_too(api: Client) -> None:
    for path in (
        "/app/nobody/companies",
        f"{HOME}/updates",
        f"{HOME}/companies/999",
        f"{HOME}/companies/{'9' * 5000}",
        "/x",
        f"{HOME}/companies/%FF",
    ):
        answer = api.send("GET", path)
        assert answer.status in (400, 404), path
        assert BANNER in words(answer)
    assert api.send("PUT", f"{HOME}/companies").status == 405
    assert api.send("POST", f"{HOME}/companies/1", b"{}", {"Origin": api.address}).status == 415
    assert api.send("GET", HOME).headers["location"] == f"{HOME}/companies"


def test_tokens_are_shown_on_this_machine_only() -> None:
    for host, shown in (("127.0.0.1", True), ("0.0.0.0", False)):
        with start(port=0, host=host, seed=SEED) as handle, Client(f"http://127.0.0.1:{handle.port}") as client:
            text = client.send("GET", "/").text
            assert "Northlight Architects" in text
            assert ("nl-write" in text) is shown
