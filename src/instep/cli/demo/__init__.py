"""`instep demo`: two invented firms, each beside its tiny+ sandbox, in one process tree; and the check of it all."""
