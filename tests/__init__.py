"""The suite. Importing it sets the environment and Django up, before any test names a model."""

from tests import environment as environment
