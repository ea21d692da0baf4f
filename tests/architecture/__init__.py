"""The house's shape: floors, the graph of models, and the rules' own tests."""
