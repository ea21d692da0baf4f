"""The week grid: one person's time by day and phase, saved as it is typed."""
