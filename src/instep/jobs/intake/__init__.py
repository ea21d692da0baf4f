"""Taking in work from files of other keepers."""
