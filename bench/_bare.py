"""The measure that lists are held against: a page of 50 rows with three names each, by Django with nothing around it.

The smallest honest page: session, sign-in and CSRF as Django brings them; one query with three joins over 10,000 rows,
newest first by an index; one template of a table. Prints its processor time in milliseconds a request.
"""

from __future__ import annotations

import datetime as dt
import os
import sys

import django
from django.conf import settings

from bench._databases import throw_away
from bench._requests import best_milliseconds

ROWS, JOBS, PHASES, PEOPLE = 10_000, 100, 5, 200
TABLE = """<!doctype html><html lang="en"><title>Hours</title><body><p>{{ request.user }}</p><table>
{% for hour in hours %}<tr>
<td>{{ hour.day|date:"Y-m-d" }}</td><td><a href="/jobs/{{ hour.job_id }}/">{{ hour.job.name }}</a></td>
<td>{{ hour.phase.name }}</td><td>{{ hour.person.name }}</td><td>{{ hour.minutes }}</td><td>{{ hour.note }}</td>
</tr>{% endfor %}</table></body></html>"""


def configure() -> None:
    """Django's own settings, and no more than a signed-in page needs."""
    import environ

    url = os.environ.get("DATABASE_URL")
    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"{os.environ['INSTEP_DATA']}/bare.sqlite3",
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-20000;"},
    }
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="bench._bare",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        DATABASES={"default": {**environ.Env.db_url_config(url), "CONN_MAX_AGE": 60} if url else sqlite},
    )
    django.setup()


def run() -> float:
    """Make the tables and rows, ask for the page; milliseconds a request."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection, models
    from django.http import HttpRequest, HttpResponse
    from django.template import engines
    from django.test import Client
    from django.urls import path

    class Job(models.Model):
        name = models.CharField(max_length=80)

        class Meta:
            app_label = "bare"

    class Phase(models.Model):
        name = models.CharField(max_length=80)
        job = models.ForeignKey(Job, models.PROTECT)

        class Meta:
            app_label = "bare"

    class Person(models.Model):
        name = models.CharField(max_length=80)

        class Meta:
            app_label = "bare"

    class Hour(models.Model):
        job = models.ForeignKey(Job, models.PROTECT)
        phase = models.ForeignKey(Phase, models.PROTECT)
        person = models.ForeignKey(Person, models.PROTECT)
        day = models.DateField()
        minutes = models.IntegerField()
        note = models.CharField(max_length=200)

        class Meta:
            app_label = "bare"
            indexes = [models.Index(models.F("day").desc(), models.F("id").desc(), name="bare_newest")]

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in (Job, Phase, Person, Hour):
            editor.create_model(model)
    jobs = Job.objects.bulk_create([Job(name=f"Job {n:04d}") for n in range(JOBS)])
    phases = Phase.objects.bulk_create([Phase(job=job, name=f"Phase {n}") for job in jobs for n in range(PHASES)])
    people = Person.objects.bulk_create([Person(name=f"Person {n}") for n in range(PEOPLE)])
    Hour.objects.bulk_create(
        [
            Hour(
                job_id=(phase := phases[(n * 7919) % len(phases)]).job_id,
                phase=phase,
                person=people[n % len(people)],
                day=dt.date(2025, 1, 1) + dt.timedelta(days=n % 300),
                minutes=15 * (1 + n % 32),
                note=f"Line {n}",
            )
            for n in range(ROWS)
        ],
        batch_size=1000,
    )
    table = engines["django"].from_string(TABLE)

    def page(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponse(status=403)
        hours = Hour.objects.select_related("job", "phase", "person").order_by("-day", "-id")[:50]
        return HttpResponse(table.render({"hours": hours}, request))

    sys.modules["bench._bare"].urlpatterns = [path("hours/", page)]  # type: ignore[attr-defined]
    client = Client()
    client.force_login(User.objects.create_user("bench"))
    answer = client.get("/hours/")
    assert answer.status_code == 200, answer.status_code
    assert answer.content.count(b"<tr>") == 50
    return best_milliseconds(lambda: client.get("/hours/"))


if __name__ == "__main__":
    import bench._bare  # noqa: F401, PLW0406  (the address of the page is looked up under this name)

    with throw_away(sys.argv[1]):
        configure()
        print(run())
