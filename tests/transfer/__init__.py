"""Transfers of documents to accounting packages, by the real engine over the real wire."""
