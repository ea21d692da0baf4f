"""The stand-in for tiny+, rule by rule of its fact sheet."""
