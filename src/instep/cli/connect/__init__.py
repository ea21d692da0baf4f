"""`instep connect`: looking at connections, planning, carrying out, bringing in step."""
