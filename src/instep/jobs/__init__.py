"""Projects, jobs, their statuses, phases and parties."""
