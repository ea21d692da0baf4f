"""The demo's firms as data. Every name, number and address in them is invented; telephone numbers are of the ranges
that regulators keep for fiction, and addresses on the internet end in .example."""
