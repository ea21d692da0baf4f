"""The sandbox's own pages, where a person sees and edits what a connector sees."""
