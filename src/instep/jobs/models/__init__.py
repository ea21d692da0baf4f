"""The tables of the jobs app."""

from __future__ import annotations

from instep.jobs.models.jobs import Job, JobParty, Project
from instep.jobs.models.phases import Phase
from instep.jobs.models.statuses import JobStatus, JobType
from instep.jobs.models.words import JobWord

__all__ = ["Job", "JobParty", "JobStatus", "JobType", "JobWord", "Phase", "Project"]
