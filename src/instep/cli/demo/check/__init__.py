"""`instep demo --check`: the story of a first link with a killed worker, crossing edits and a quiet run, measured."""
