"""How the sync reads on pages: words, values, changes, what waits. Shared by the areas; knows no area."""
