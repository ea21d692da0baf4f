"""What the tests of record pages share: a small world, query plans, and what holds for all four kinds."""
