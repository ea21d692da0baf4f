"""The pages of jobs: their list, the page of one, its phases and parties."""
