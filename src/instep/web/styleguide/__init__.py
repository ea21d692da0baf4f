"""The living page of all parts, at /styleguide."""
